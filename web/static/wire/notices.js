// @ts-check
// What the server tells the reader by itself: the way to it comes back when it breaks, and with it what was missed.

import { ApiError } from "./api_error.js";
import { Backoff } from "./backoff.js";
import { Pulse } from "./pulse.js";
import { socketUrl } from "./socket_url.js";

/** @typedef {import("./protocol.js").Notice} Notice */

const LONGEST_WAIT_MS = 10_000;
const PING = JSON.stringify({ type: "ping" });

/** Dispatches `notice`, a CustomEvent whose `detail` is a `Notice`. */
export class Notices extends EventTarget {
  #api;
  /** @type {AbortController | null} Null while nobody listens. */
  #leaving = null;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {Pulse | null} */
  #pulse = null;
  #last = 0;
  #backoff = new Backoff(LONGEST_WAIT_MS);
  #retrying = 0;
  /** @type {Map<number, Notice>} The newest of each scene. */
  #newest = new Map();

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    super();
    this.#api = api;
  }

  /**
   * The last thing that was told of a scene.
   *
   * @param {number} sceneId
   */
  newest(sceneId) {
    return this.#newest.get(sceneId) ?? null;
  }

  /** Listen from now on, if that is not so already. */
  start() {
    if (this.#leaving !== null) return;
    this.#leaving = new AbortController();
    const { signal } = this.#leaving;
    addEventListener("online", () => void this.#connect(signal), { signal });
    document.addEventListener("visibilitychange", () => this.#look(), { signal });
    void this.#connect(signal);
  }

  stop() {
    this.#leaving?.abort();
    this.#leaving = null;
    this.#hangUp();
  }

  /** @param {AbortSignal} signal */
  async #connect(signal) {
    this.#hangUp();
    try {
      const { notifications_url } = await this.#api.me(signal);
      if (signal.aborted || this.#socket !== null) return;
      const socket = new WebSocket(socketUrl(notifications_url, this.#last));
      socket.onopen = () => this.#pulse?.beat();
      socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
      socket.onclose = () => this.#retryLater(signal);
      this.#socket = socket;
      const ask = () => socket.readyState === WebSocket.OPEN && socket.send(PING);
      this.#pulse = new Pulse(ask, () => this.#retryLater(signal));
    } catch (error) {
      // What the server refuses now, it will refuse later too.
      const refused = error instanceof ApiError && error.status >= 400 && error.status < 429;
      if (!signal.aborted && !refused) this.#retryLater(signal);
    }
  }

  /** @param {AbortSignal} signal */
  #retryLater(signal) {
    this.#hangUp();
    this.#retrying = setTimeout(() => void this.#connect(signal), this.#backoff.next());
  }

  /** @param {Notice | import("./protocol.js").Pong} message */
  #receive(message) {
    this.#pulse?.beat();
    this.#backoff.reset();
    if (message.type === "pong" || !(message.seq > this.#last)) return;
    this.#last = message.seq;
    this.#newest.set(message.scene_id, message);
    this.dispatchEvent(new CustomEvent("notice", { detail: message }));
  }

  /** The reader comes back to the page, which may have slept. */
  #look() {
    if (document.visibilityState === "visible") this.#pulse?.check();
  }

  #hangUp() {
    clearTimeout(this.#retrying);
    this.#pulse?.close();
    this.#pulse = null;
    if (this.#socket === null) return;
    this.#socket.onopen = null;
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    this.#socket.close();
    this.#socket = null;
  }
}
