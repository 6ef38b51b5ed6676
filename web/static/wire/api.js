// @ts-check
// The server's HTTP API, one method a request.

import { Requests } from "./requests.js";

/** @typedef {import("./protocol.js").Story} Story */
/** @typedef {import("./protocol.js").Scene} Scene */
/** @typedef {import("./protocol.js").WrittenScene} WrittenScene */
/** @typedef {import("./protocol.js").SceneAudio} SceneAudio */
/** @typedef {import("./protocol.js").Session} Session */
/** @typedef {import("./protocol.js").SessionStatus} SessionStatus */
/** @typedef {import("./protocol.js").TTSSettings} TTSSettings */
/** @typedef {import("./protocol.js").Offer} Offer */
/** @typedef {import("./protocol.js").Preview} Preview */
/** @typedef {import("./protocol.js").Narration} Narration */
/** @typedef {import("./protocol.js").Audiobook} Audiobook */

export class Api {
  #requests;

  /**
   * @param {(again: boolean) => Promise<string>} askForToken Asks the reader, when the server wants to know
   *   who they are; `again`, when what they said is not accepted.
   */
  constructor(askForToken) {
    this.#requests = new Requests(askForToken);
  }

  /** Whether plain links to the server's files do not open: they cannot say who the reader is. */
  get linksAreShut() {
    return this.#requests.withToken;
  }

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<{notifications_url: string}>}
   */
  me(signal) {
    return this.#requests.json("GET", "/api/me", undefined, signal);
  }

  /** @returns {Promise<Story[]>} */
  async stories() {
    return (await this.#requests.json("GET", "/api/stories")).stories;
  }

  /**
   * @param {{title: string, premise: string}} story
   * @returns {Promise<Story>}
   */
  createStory(story) {
    return this.#requests.json("POST", "/api/stories", story);
  }

  /**
   * @param {number} id
   * @returns {Promise<Story>}
   */
  story(id) {
    return this.#requests.json("GET", `/api/stories/${id}`);
  }

  /**
   * @param {number} id
   * @param {{title: string, premise: string}} changes
   * @returns {Promise<Story>}
   */
  changeStory(id, changes) {
    return this.#requests.json("PATCH", `/api/stories/${id}`, changes);
  }

  /** @param {number} id */
  async deleteStory(id) {
    await this.#requests.send("DELETE", `/api/stories/${id}`);
  }

  /**
   * @param {number} storyId
   * @returns {Promise<Scene[]>}
   */
  async scenes(storyId) {
    return (await this.#requests.json("GET", `/api/stories/${storyId}/scenes`)).scenes;
  }

  /**
   * Has a scene written to its end.
   *
   * @param {number} storyId
   * @param {string} prompt
   * @param {AbortSignal} signal
   * @returns {Promise<WrittenScene>}
   */
  write(storyId, prompt, signal) {
    return this.#requests.json("POST", `/api/stories/${storyId}/scenes`, { custom_prompt: prompt }, signal);
  }

  /**
   * Has a scene told while it is written.
   *
   * @param {number} storyId
   * @param {string} prompt
   * @param {boolean} aloud
   * @returns {Promise<Session>}
   */
  tell(storyId, prompt, aloud) {
    const body = { custom_prompt: prompt, enable_tts_stream: aloud };
    return this.#requests.json("POST", `/api/stories/${storyId}/scenes/generate-with-tts-stream`, body);
  }

  /**
   * Goes on with a scene that broke off.
   *
   * @param {number} sceneId
   * @param {boolean} aloud
   * @returns {Promise<Session>}
   */
  continueScene(sceneId, aloud) {
    return this.#requests.json("POST", `/api/scenes/${sceneId}/continue`, { enable_tts_stream: aloud });
  }

  /** @returns {Promise<SessionStatus[]>} */
  async sessions() {
    return (await this.#requests.json("GET", "/api/sessions")).sessions;
  }

  /**
   * @param {string} sessionId
   * @param {AbortSignal} [signal]
   * @returns {Promise<SessionStatus>}
   */
  session(sessionId, signal) {
    return this.#requests.json("GET", `/api/sessions/${encodeURIComponent(sessionId)}`, undefined, signal);
  }

  /** @param {string} sessionId */
  async stop(sessionId) {
    await this.#requests.send("POST", `/api/sessions/${encodeURIComponent(sessionId)}/stop`);
  }

  /**
   * @param {number} id
   * @param {AbortSignal} [signal]
   * @returns {Promise<Scene>}
   */
  scene(id, signal) {
    return this.#requests.json("GET", `/api/scenes/${id}`, undefined, signal);
  }

  /**
   * @param {number} id
   * @param {string} text
   * @returns {Promise<Scene>}
   */
  changeScene(id, text) {
    return this.#requests.json("PATCH", `/api/scenes/${id}`, { text });
  }

  /** @param {number} id */
  async deleteScene(id) {
    await this.#requests.send("DELETE", `/api/scenes/${id}`);
  }

  /**
   * @param {number} sceneId
   * @returns {Promise<SceneAudio>}
   */
  sceneAudio(sceneId) {
    return this.#requests.json("GET", `/api/scenes/${sceneId}/audio`);
  }

  /**
   * What has become of a scene's audio, or is becoming.
   *
   * @param {number} sceneId
   * @returns {Promise<Narration>}
   */
  narration(sceneId) {
    return this.#requests.json("GET", `/api/scenes/${sceneId}/narration`);
  }

  /**
   * Has a scene that is written spoken, as the settings say.
   *
   * @param {number} sceneId
   */
  async narrate(sceneId) {
    await this.#requests.send("POST", `/api/scenes/${sceneId}/narration`);
  }

  /**
   * @param {number} storyId
   * @param {string} format
   * @param {AbortSignal} signal
   * @returns {Promise<Audiobook>}
   */
  audiobook(storyId, format, signal) {
    return this.#requests.json("GET", audiobookPath(storyId, format), undefined, signal);
  }

  /**
   * @param {number} storyId
   * @param {string} format
   */
  async makeAudiobook(storyId, format) {
    await this.#requests.send("POST", audiobookPath(storyId, format));
  }

  /**
   * @param {number} storyId
   * @param {string} format
   */
  async cancelAudiobook(storyId, format) {
    await this.#requests.send("DELETE", audiobookPath(storyId, format));
  }

  /** @param {string} path */
  async file(path) {
    return (await this.#requests.send("GET", path)).blob();
  }

  /**
   * A sentence's samples, as the voice made them.
   *
   * @param {string} url
   * @param {AbortSignal} signal
   */
  async samples(url, signal) {
    const response = await this.#requests.send("GET", `${url}?format=pcm`, undefined, signal);
    return new DataView(await response.arrayBuffer());
  }

  /** @returns {Promise<TTSSettings>} */
  settings() {
    return this.#requests.json("GET", "/api/settings/tts");
  }

  /**
   * @param {TTSSettings} settings
   * @returns {Promise<TTSSettings>}
   */
  saveSettings(settings) {
    return this.#requests.json("PUT", "/api/settings/tts", settings);
  }

  /**
   * Who may speak, and the voices of one.
   *
   * @param {string | null} provider Null for the one that is saved.
   * @param {AbortSignal} signal
   * @returns {Promise<Offer>}
   */
  voices(provider, signal) {
    const query = provider === null ? "" : `?provider=${encodeURIComponent(provider)}`;
    return this.#requests.json("GET", `/api/voices${query}`, undefined, signal);
  }

  /**
   * Has a sentence spoken.
   *
   * @param {Partial<TTSSettings>} settings Those left out are as saved.
   * @param {AbortSignal} signal
   * @returns {Promise<Preview>}
   */
  preview(settings, signal) {
    return this.#requests.json("POST", "/api/voices/preview", settings, signal);
  }
}

/**
 * @param {number} storyId
 * @param {string} format
 */
function audiobookPath(storyId, format) {
  return `/api/stories/${storyId}/audiobook?format=${format}`;
}
