// @ts-check
// The socket of one live scene: gives out its messages, and says how it ended.

import { readFrame } from "./frame.js";

/** @typedef {import("./protocol.js").ServerMessage} ServerMessage */
/** @typedef {import("./protocol.js").ClientMessage} ClientMessage */

/**
 * @typedef {object} LiveSocketListener
 * @property {(message: ServerMessage, audio: DataView) => void} onMessage `audio` is empty but for audio chunks.
 * @property {() => void} onClosed The connection ended, by whomever.
 */

const NO_AUDIO = new DataView(new ArrayBuffer(0));

export class LiveSocket {
  #socket;

  /**
   * @param {string} websocketUrl As the server gave it.
   * @param {LiveSocketListener} listener
   */
  constructor(websocketUrl, listener) {
    const url = new URL(websocketUrl, location.href);
    url.searchParams.set("format", "pcm");
    url.searchParams.set("audio", "binary");
    // A page that came encrypted may open encrypted sockets only.
    if (location.protocol === "https:") url.protocol = "wss:";

    this.#socket = new WebSocket(url);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onmessage = ({ data }) => {
      if (typeof data === "string") {
        listener.onMessage(JSON.parse(data), NO_AUDIO);
      } else {
        const { message, audio } = readFrame(data);
        listener.onMessage(message, audio);
      }
    };
    this.#socket.onclose = () => listener.onClosed();
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
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    this.#socket.close();
  }
}
