// @ts-check
// A scene while it is being written: its text to the screen, its audio to the ear, in the order they come.

import { inWords } from "../wire/api_error.js";
import { LiveSocket } from "../wire/live_socket.js";

/** @typedef {import("../wire/protocol.js").ServerMessage} ServerMessage */

/**
 * How it ended for the listener: the server has said its last word; the connection was lost
 * before that; or the reader has turned to something else.
 *
 * @typedef {"whole" | "lost" | "left"} Outcome
 */

/**
 * @typedef {object} LiveParts
 * @property {import("../wire/api.js").Api} api
 * @property {import("../wire/protocol.js").Session} session
 * @property {import("../parts/scene_view.js").SceneView} view
 * @property {import("./listening.js").Listening | null} listening Null: the scene is written in silence.
 * @property {(message: string) => void} onTrouble What the reader should know.
 * @property {(outcome: Outcome) => void} onEnd Nothing more comes here.  Unless it is `whole`, the scene may
 *   still be growing.
 */

export class LiveNarration {
  #parts;
  #socket;
  #stopped = false;
  #over = false;

  /** @param {LiveParts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#socket = new LiveSocket(parts.session.websocket_url, {
      onMessage: (message, audio) => this.#receive(message, audio),
      onClosed: () => this.#finish("lost"),
    });
  }

  /** Ends the scene; what was written stays. */
  async stop() {
    this.#stopped = true;
    if (this.#over || this.#socket.send({ type: "stop" })) return;
    // There is no connection to tell it over.
    const { api, session, onTrouble } = this.#parts;
    await api.stop(session.session_id).catch((error) => onTrouble(inWords(error)));
  }

  /** Leave it to itself: the server goes on writing. */
  leave() {
    this.#socket.close();
    this.#finish("left");
  }

  /**
   * @param {ServerMessage} message
   * @param {DataView} audio
   */
  #receive(message, audio) {
    const { view, listening, onTrouble } = this.#parts;
    switch (message.type) {
      case "text_chunk":
        view.text.append(message.text);
        break;
      case "audio_chunk":
        view.text.mark(message.sentence_number, message.start, message.end);
        if (!this.#stopped) listening?.chunk(message.sentence_number, audio, message.final);
        break;
      case "sentence_skipped":
        view.text.mark(message.sentence_number, message.start, message.end);
        view.showHole(message.sentence_number, message.sentence_text, message.reason);
        break;
      case "error":
        // After a stop the reader knows why it ends.
        if (!this.#stopped) onTrouble(message.message);
        if (message.scene_id !== undefined) this.#finish("whole");
        break;
      case "generation_complete":
      case "generation_stopped":
        this.#finish("whole");
        break;
      case "connected":
      case "generation_started":
      case "pong":
        break;
    }
  }

  /** @param {Outcome} outcome */
  #finish(outcome) {
    if (this.#over) return;
    this.#over = true;
    this.#parts.listening?.end();
    this.#parts.onEnd(outcome);
  }
}
