// @ts-check
// One connection to a live session: gives out its messages, and says how it ended.

import { readFrame } from "./frame.js";
import { socketUrl } from "./socket_url.js";

/** @typedef {import("./protocol.js").ServerMessage} ServerMessage */
/** @typedef {import("./protocol.js").ClientMessage} ClientMessage */

/**
 * @typedef {object} LiveSocketListener
 * @property {() => void} onOpen
 * @property {(message: ServerMessage, audio: DataView) => void} onMessage `audio` is empty but for audio chunks.
 * @property {(code: number) => void} onClosed The connection ended, by whomever.
 */

const NO_AUDIO = new DataView(new ArrayBuffer(0));
/** What a browser calls a connection that broke. */
export const BROKEN = 1006;

export class LiveSocket {
  #socket;
  #listener;

  /**
   * @param {string} websocketUrl As the server gave it.
   * @param {number} after The last event that is known here; 0 for none.
   * @param {LiveSocketListener} listener
   */
  constructor(websocketUrl, after, listener) {
    const url = socketUrl(websocketUrl, after);
    url.searchParams.set("format", "pcm");
    url.searchParams.set("audio", "binary");

    this.#listener = listener;
    this.#socket = new WebSocket(url);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onopen = () => listener.onOpen();
    this.#socket.onmessage = ({ data }) => {
      if (typeof data === "string") {
        listener.onMessage(JSON.parse(data), NO_AUDIO);
      } else {
        const { message, audio } = readFrame(data);
        listener.onMessage(message, audio);
      }
    };
    this.#socket.onclose = ({ code }) => listener.onClosed(code);
  }

  /**
   * @param {ClientMessage} message
   * @returns {boolean} Whether it could be sent.
   */
  send(message) {
    if (this.#socket.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** Leave; the listener hears nothing more. */
  close() {
    this.#socket.onopen = null;
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    this.#socket.close();
  }

  /** It answers no more: as if it had broken. */
  giveUp() {
    this.close();
    this.#listener.onClosed(BROKEN);
  }
}
