// @ts-check
// Sends requests to the server: with the reader's token where it wants one, and its "no" as an ApiError.

import { ApiError } from "./api_error.js";

const TOKEN = "narration.token";

export class Requests {
  /** @type {(again: boolean) => Promise<string>} */
  #askForToken;
  /** @type {Promise<void> | null} One question, however many requests were refused. */
  #asking = null;

  /** @param {(again: boolean) => Promise<string>} askForToken */
  constructor(askForToken) {
    this.#askForToken = askForToken;
  }

  /** Whether the server knows the reader by a token, which a plain link cannot carry. */
  get withToken() {
    return localStorage.getItem(TOKEN) !== null;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @param {AbortSignal} [signal]
   */
  async json(method, path, body, signal) {
    return (await this.send(method, path, body, signal)).json();
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @param {AbortSignal} [signal]
   * @returns {Promise<Response>}
   */
  async send(method, path, body, signal) {
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
      return this.send(method, path, body, signal);
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
