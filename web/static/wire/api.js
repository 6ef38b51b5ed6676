// @ts-check
// The server's HTTP API, one method a request.

import { ApiError } from "./api_error.js";

/** @typedef {import("./protocol.js").Story} Story */
/** @typedef {import("./protocol.js").Scene} Scene */
/** @typedef {import("./protocol.js").SceneAudio} SceneAudio */
/** @typedef {import("./protocol.js").Session} Session */
/** @typedef {import("./protocol.js").SessionStatus} SessionStatus */
/** @typedef {import("./protocol.js").TTSSettings} TTSSettings */

const TOKEN = "narration.token";

export class Api {
  /** @type {(again: boolean) => Promise<string>} */
  #askForToken;
  /** @type {Promise<void> | null} One question, however many requests were refused. */
  #asking = null;

  /**
   * @param {(again: boolean) => Promise<string>} askForToken Asks the reader, when the server wants to know
   *   who they are; `again`, when what they said is not accepted.
   */
  constructor(askForToken) {
    this.#askForToken = askForToken;
  }

  /** @returns {Promise<Story[]>} */
  async stories() {
    return (await this.#json("GET", "/api/stories")).stories;
  }

  /**
   * @param {{title: string, premise: string}} story
   * @returns {Promise<Story>}
   */
  createStory(story) {
    return this.#json("POST", "/api/stories", story);
  }

  /**
   * @param {number} id
   * @returns {Promise<Story>}
   */
  story(id) {
    return this.#json("GET", `/api/stories/${id}`);
  }

  /**
   * @param {number} id
   * @param {{title: string, premise: string}} changes
   * @returns {Promise<Story>}
   */
  changeStory(id, changes) {
    return this.#json("PATCH", `/api/stories/${id}`, changes);
  }

  /** @param {number} id */
  async deleteStory(id) {
    await this.#request("DELETE", `/api/stories/${id}`);
  }

  /**
   * @param {number} storyId
   * @returns {Promise<Scene[]>}
   */
  async scenes(storyId) {
    return (await this.#json("GET", `/api/stories/${storyId}/scenes`)).scenes;
  }

  /**
   * @param {number} storyId
   * @param {string} prompt
   * @param {boolean} aloud
   * @returns {Promise<Session>}
   */
  tell(storyId, prompt, aloud) {
    const body = { custom_prompt: prompt, enable_tts_stream: aloud };
    return this.#json("POST", `/api/stories/${storyId}/scenes/generate-with-tts-stream`, body);
  }

  /**
   * Goes on with a scene that broke off.
   *
   * @param {number} sceneId
   * @param {boolean} aloud
   * @returns {Promise<Session>}
   */
  continueScene(sceneId, aloud) {
    return this.#json("POST", `/api/scenes/${sceneId}/continue`, { enable_tts_stream: aloud });
  }

  /** @returns {Promise<SessionStatus[]>} */
  async sessions() {
    return (await this.#json("GET", "/api/sessions")).sessions;
  }

  /**
   * @param {string} sessionId
   * @param {AbortSignal} [signal]
   * @returns {Promise<SessionStatus>}
   */
  session(sessionId, signal) {
    return this.#json("GET", `/api/sessions/${encodeURIComponent(sessionId)}`, undefined, signal);
  }

  /** @param {string} sessionId */
  async stop(sessionId) {
    await this.#request("POST", `/api/sessions/${encodeURIComponent(sessionId)}/stop`);
  }

  /**
   * @param {number} id
   * @param {AbortSignal} [signal]
   * @returns {Promise<Scene>}
   */
  scene(id, signal) {
    return this.#json("GET", `/api/scenes/${id}`, undefined, signal);
  }

  /** @param {number} id */
  async deleteScene(id) {
    await this.#request("DELETE", `/api/scenes/${id}`);
  }

  /**
   * @param {number} sceneId
   * @returns {Promise<SceneAudio>}
   */
  sceneAudio(sceneId) {
    return this.#json("GET", `/api/scenes/${sceneId}/audio`);
  }

  /**
   * A sentence's samples, as the voice made them.
   *
   * @param {string} url
   * @param {AbortSignal} signal
   */
  async samples(url, signal) {
    const response = await this.#request("GET", `${url}?format=pcm`, undefined, signal);
    return new DataView(await response.arrayBuffer());
  }

  /** @returns {Promise<TTSSettings>} */
  settings() {
    return this.#json("GET", "/api/settings/tts");
  }

  /**
   * @param {TTSSettings} settings
   * @returns {Promise<TTSSettings>}
   */
  saveSettings(settings) {
    return this.#json("PUT", "/api/settings/tts", settings);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @param {AbortSignal} [signal]
   */
  async #json(method, path, body, signal) {
    return (await this.#request(method, path, body, signal)).json();
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @param {AbortSignal} [signal]
   * @returns {Promise<Response>}
   */
  async #request(method, path, body, signal) {
    /** @type {Record<string, string>} */
    const headers = {};
    const token = localStorage.getItem(TOKEN);
    if (token !== null) headers["Authorization"] = `Bearer ${token}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const sent = body === undefined ? null : JSON.stringify(body);

    const response = await fetch(path, { method, headers, body: sent, signal: signal ?? null })
      .catch((error) => {
        throw error.name === "AbortError" ? error : ApiError.unreachable();
      });
    if (response.status === 401) {
      await this.#renewToken(token);
      return this.#request(method, path, body, signal);
    }
    if (!response.ok) throw await ApiError.of(response);
    return response;
  }

  /** @param {string | null} refused */
  #renewToken(refused) {
    // Another request may have asked, and been answered, while this one was under way.
    if (localStorage.getItem(TOKEN) !== refused) return Promise.resolve();
    this.#asking ??= this.#askForToken(refused !== null)
      .then((token) => localStorage.setItem(TOKEN, token))
      .finally(() => {
        this.#asking = null;
      });
    return this.#asking;
  }
}
