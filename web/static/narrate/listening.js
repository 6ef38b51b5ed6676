// @ts-check
// One narration as the reader has it: the sound, the sentence that is highlighted, the bar that shows both.

import { toFloats } from "../audio/pcm.js";

/** @typedef {import("../audio/messages.js").Consumed} Consumed */

/**
 * @typedef {object} ListeningParts
 * @property {import("../audio/player.js").Player} player
 * @property {import("../text/scene_text.js").SceneText} text
 * @property {import("../parts/player_bar.js").PlayerBar} bar
 * @property {import("./follower.js").Follower} follower
 * @property {number} [startMs] Where in the scene's audio it begins.
 * @property {() => void} onEnd Everything was heard, or it was stopped.
 */

export class Listening {
  #parts;
  #node;
  #ended = false;
  /** @type {(value?: unknown) => void} */
  #wake = () => undefined;

  /** @param {ListeningParts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#node = parts.player.open();
    this.#node.addEventListener("consumed", (event) => {
      this.#moved(/** @type {CustomEvent<Consumed>} */ (event).detail);
    });
    this.#node.addEventListener("ended", () => this.#finish());
  }

  /**
   * @param {number} sentence
   * @param {DataView} pcm
   * @param {boolean} final
   */
  chunk(sentence, pcm, final) {
    if (this.#ended) return;
    this.#node.chunk(sentence, toFloats(pcm), final);
    this.#parts.bar.showBlocked(this.#parts.player.blocked);
  }

  /** Nothing follows what was given. */
  end() {
    if (!this.#ended) this.#node.end();
  }

  /** Silence, now. */
  stop() {
    if (this.#ended) return;
    this.#node.stop();
    this.#finish();
  }

  /**
   * Waits until less than `ms` lies ready, or nobody listens any more.
   *
   * @param {number} ms
   */
  async room(ms) {
    while (!this.#ended && this.#node.sentMs - this.#node.consumedMs >= ms) {
      await new Promise((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** @param {Consumed} consumed */
  #moved({ sentence, ms, dry, underruns }) {
    if (this.#ended) return;
    const { bar, text, follower, startMs = 0 } = this.#parts;
    bar.showPosition(startMs + ms);
    bar.showDry(dry, underruns);
    const began = sentence >= 0 ? text.speak(sentence) : null;
    if (began !== null) follower.follow(began);
    this.#wake();
  }

  #finish() {
    if (this.#ended) return;
    this.#ended = true;
    this.#parts.text.speak(null);
    this.#parts.follower.follow(null);
    this.#parts.onEnd();
    this.#wake();
  }
}
