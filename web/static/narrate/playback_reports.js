// @ts-check
// Tells the server how far the listener is, twice a second, so that it sends neither too little nor too far ahead.

/** @typedef {import("./listening.js").Position} Position */

const EVERY_MS = 500;

export class PlaybackReports {
  #timer;

  /**
   * @param {import("../wire/lasting_socket.js").LastingSocket} socket
   * @param {() => Position | null} where Null while there is nothing to tell.
   */
  constructor(socket, where) {
    this.now = () => {
      const position = where();
      if (position === null) return;
      socket.send({ type: "playback", sentence_number: position.sentence, position_ms: position.ms });
    };
    this.#timer = setInterval(this.now, EVERY_MS);
  }

  close() {
    clearInterval(this.#timer);
  }
}
