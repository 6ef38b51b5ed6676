// @ts-check
// One narration as the reader has it: the sound, the sentence that is highlighted, the bar that shows both.

import { toFloats } from "../audio/pcm.js";
import { SpokenWords } from "./spoken_words.js";

/** @typedef {import("../audio/messages.js").Consumed} Consumed */
/** @typedef {{sentence: number, ms: number}} Position So far into a sentence's sound. */

/**
 * @typedef {object} ListeningParts
 * @property {import("../audio/player.js").Player} player
 * @property {import("../text/scene_text.js").SceneText} text
 * @property {import("../parts/player_bar.js").PlayerBar} bar
 * @property {import("./follower.js").Follower} follower
 * @property {() => void} onEnd Everything was heard, or it was stopped.
 */

export class Listening {
  #parts;
  #node;
  #ended = false;
  #held = false;
  #waiting = false;
  /** @type {Position | null} */
  #position = null;
  /** @type {Map<number, number>} Where sentences begin in the scene's sound. */
  #starts = new Map();
  #words;
  /** @type {(value?: unknown) => void} */
  #wake = () => undefined;

  /** @param {ListeningParts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#words = new SpokenWords(parts.text);
    this.#node = parts.player.open();
    this.#node.addEventListener("consumed", (event) => {
      this.#moved(/** @type {CustomEvent<Consumed>} */ (event).detail);
    });
    this.#node.addEventListener("ended", () => this.#finish());
  }

  /** Where the listener is; null before the first sound. */
  get position() {
    return this.#position;
  }

  get held() {
    return this.#held;
  }

  /**
   * @param {number} sentence
   * @param {DataView} pcm
   * @param {boolean} final
   * @param {number} startMs Where it begins in the scene's sound.
   * @param {import("../wire/protocol.js").Word[]} [words] Those that are heard in it, as far as that is known.
   */
  chunk(sentence, pcm, final, startMs, words = []) {
    if (this.#ended) return;
    this.#words.add(sentence, words);
    if (!this.#starts.has(sentence)) this.#starts.set(sentence, startMs);
    this.#position ??= { sentence, ms: 0 };
    this.#node.chunk(sentence, toFloats(pcm), final);
    this.#parts.bar.showBlocked(this.#parts.player.blocked);
  }

  /**
   * Goes on with a sentence.
   *
   * @param {number} sentence
   * @param {boolean} again Whether its sound comes anew, with all that follows.
   */
  skip(sentence, again) {
    if (this.#ended) return;
    this.#node.drop(again ? Infinity : sentence - 1);
    this.#show({ sentence, ms: 0 });
  }

  /** @param {boolean} held Whether to pause, at once, or to go on from there. */
  hold(held) {
    this.#held = held;
    this.#node.hold(held || this.#waiting);
    this.#parts.bar.showHeld(held);
  }

  /** @param {boolean} waiting Whether it is not certain yet that what comes is to be heard. */
  wait(waiting) {
    this.#waiting = waiting;
    this.#node.hold(waiting || this.#held);
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
  #moved({ sentence, sentenceMs, cut, dry, underruns }) {
    if (this.#ended) return;
    this.#parts.bar.showDry(dry, underruns);
    // The sound may still be where the listener no longer is.
    if (cut === this.#node.cuts && sentence >= 0) this.#show({ sentence, ms: sentenceMs });
    this.#wake();
  }

  /** @param {Position} position */
  #show(position) {
    this.#position = position;
    const { bar, text, follower } = this.#parts;
    const { sentence, ms } = position;
    const startMs = this.#starts.get(sentence);
    if (startMs !== undefined) bar.showPosition(startMs + ms);
    const began = text.speak(sentence);
    this.#words.show(sentence, ms);
    if (began !== null) follower.follow(began);
  }

  #finish() {
    if (this.#ended) return;
    this.#ended = true;
    this.#parts.text.speak(null);
    this.#parts.text.speakWord(-1, null);
    this.#parts.follower.follow(null);
    this.#parts.onEnd();
    this.#wake();
  }
}
