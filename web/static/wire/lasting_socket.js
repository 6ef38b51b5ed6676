// @ts-check
// The way to a live session, for as long as there is one: comes back when the connection breaks, and
// gives out every message once, in order.

import { ApiError } from "./api_error.js";
import { Backoff } from "./backoff.js";
import { LiveSocket } from "./live_socket.js";
import { Pulse } from "./pulse.js";

/** @typedef {import("./protocol.js").ServerMessage} ServerMessage */
/** @typedef {import("./protocol.js").ClientMessage} ClientMessage */

/**
 * Why there is no way any more: the session is over; or it is heard somewhere else.
 *
 * @typedef {"gone" | "elsewhere"} Reason
 */

/**
 * @typedef {object} LastingSocketListener
 * @property {(again: boolean) => void} onOpen `again`: the connection was lost, and is there again.
 * @property {(message: ServerMessage, audio: DataView) => void} onMessage
 * @property {(away: boolean) => void} onAway The connection has been away for a while, or is there again.
 * @property {(reason: Reason) => void} onOver
 */

const LONGEST_WAIT_MS = 4_000;
/** A reader need not know of what is over before. */
const NOTICEABLE_MS = 1_500;
/** For one request on the way back. */
const PATIENCE_MS = 10_000;

const GONE = new Set([4400, 4404, 4408]);
const ELSEWHERE = new Set([4406, 4409]);

export class LastingSocket {
  #api;
  #session;
  #listener;
  /** @type {LiveSocket | null} */
  #socket = null;
  /** @type {Pulse | null} */
  #pulse = null;
  #last = 0;
  #broken = false;
  #backoff = new Backoff(LONGEST_WAIT_MS);
  #retrying = 0;
  #noticing = 0;
  #leaving = new AbortController();

  /**
   * @param {import("./api.js").Api} api
   * @param {import("./protocol.js").Session} session
   * @param {LastingSocketListener} listener
   */
  constructor(api, session, listener) {
    this.#api = api;
    this.#session = session;
    this.#listener = listener;
    const { signal } = this.#leaving;
    addEventListener("online", () => this.#reconnect(), { signal });
    document.addEventListener("visibilitychange", () => this.#look(), { signal });
    // At once, or a page that is loaded anew finds that somebody listens still.
    addEventListener("pagehide", () => this.#hangUp(), { signal });
    this.#connect(session.websocket_url);
  }

  /**
   * @param {ClientMessage} message
   * @returns {boolean} Whether it could be sent.
   */
  send(message) {
    return this.#socket?.send(message) ?? false;
  }

  /** Leave; the listener hears nothing more. */
  close() {
    this.#leaving.abort();
    clearTimeout(this.#retrying);
    clearTimeout(this.#noticing);
    this.#hangUp();
  }

  /** @param {string} url */
  #connect(url) {
    const socket = new LiveSocket(url, this.#last, {
      onOpen: () => this.#opened(),
      onMessage: (message, audio) => this.#receive(message, audio),
      onClosed: (code) => this.#closed(code),
    });
    this.#socket = socket;
    this.#pulse = new Pulse(() => socket.send({ type: "ping" }), () => socket.giveUp());
  }

  #opened() {
    this.#pulse?.beat();
    const again = this.#broken;
    this.#broken = false;
    this.#listener.onOpen(again);
    // Its answer shows that the way is free, and that all that was missed has come.
    if (again) this.send({ type: "ping" });
  }

  /**
   * @param {ServerMessage} message
   * @param {DataView} audio
   */
  #receive(message, audio) {
    this.#pulse?.beat();
    this.#backoff.reset();
    this.#notice(false);
    if (message.seq <= this.#last) return;
    this.#last = message.seq;
    this.#listener.onMessage(message, audio);
  }

  /** @param {number} code */
  #closed(code) {
    this.#hangUp();
    if (GONE.has(code)) this.#end("gone");
    else if (ELSEWHERE.has(code)) this.#end("elsewhere");
    else this.#retryLater();
  }

  #retryLater() {
    this.#broken = true;
    this.#notice(true);
    clearTimeout(this.#retrying);
    this.#retrying = setTimeout(() => this.#reconnect(), this.#backoff.next());
  }

  async #reconnect() {
    clearTimeout(this.#retrying);
    this.#hangUp();
    this.#broken = true;
    const { signal } = this.#leaving;
    // The address that opened the first connection may have expired.
    const request = new AbortController();
    const patience = setTimeout(() => request.abort(), PATIENCE_MS);
    try {
      const { websocket_url } = await this.#api.session(this.#session.session_id, request.signal);
      if (!signal.aborted && this.#socket === null) this.#connect(websocket_url);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && error.status === 404) this.#end("gone");
      else this.#retryLater();
    } finally {
      clearTimeout(patience);
    }
  }

  /** The reader comes back to the page, which may have slept. */
  #look() {
    if (document.visibilityState === "hidden") return;
    if (this.#socket === null) void this.#reconnect();
    else this.#pulse?.check();
  }

  /** @param {boolean} away */
  #notice(away) {
    if (away === (this.#noticing > 0)) return;
    clearTimeout(this.#noticing);
    this.#noticing = away ? setTimeout(() => this.#listener.onAway(true), NOTICEABLE_MS) : 0;
    if (!away) this.#listener.onAway(false);
  }

  /** @param {Reason} reason */
  #end(reason) {
    this.close();
    this.#listener.onOver(reason);
  }

  #hangUp() {
    this.#pulse?.close();
    this.#socket?.close();
    this.#pulse = null;
    this.#socket = null;
  }
}
