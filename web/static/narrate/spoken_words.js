// @ts-check
// Shows which word is spoken, where the voice tells that and the browser can.

import { placeWords } from "../text/word_places.js";

/** @typedef {import("../text/word_places.js").PlacedWord} PlacedWord */
/** @typedef {import("../wire/protocol.js").Word} Word */

/** A word is shown until the next one, but no longer than this after its end. */
const LINGER_MS = 500;

export class SpokenWords {
  #text;
  /** @type {Map<number, Word[]>} By sentence. */
  #words = new Map();
  /** @type {Map<number, PlacedWord[]>} */
  #placed = new Map();

  /** @param {import("../text/scene_text.js").SceneText} text */
  constructor(text) {
    this.#text = text;
  }

  /**
   * @param {number} sentence
   * @param {Word[]} words Those that became known now.
   */
  add(sentence, words) {
    const known = this.#words.get(sentence) ?? [];
    // After a skip backwards they come again.
    const latest = known.at(-1)?.start_ms ?? -1;
    const fresh = words.filter(({ start_ms }) => start_ms > latest);
    if (fresh.length === 0) return;
    this.#words.set(sentence, [...known, ...fresh]);
    this.#placed.delete(sentence);
  }

  /**
   * @param {number} sentence
   * @param {number} ms How far into it the listener is.
   */
  show(sentence, ms) {
    this.#text.speakWord(sentence, this.#at(sentence, ms));
  }

  /**
   * @param {number} sentence
   * @param {number} ms
   */
  #at(sentence, ms) {
    const words = this.#words.get(sentence);
    if (words === undefined) return null;
    const placed = this.#placed.get(sentence) ?? placeWords(this.#text.linesOf(sentence), words);
    this.#placed.set(sentence, placed);
    const latest = placed.filter(({ start_ms }) => start_ms <= ms).at(-1);
    return latest !== undefined && ms < latest.end_ms + LINGER_MS ? latest : null;
  }
}
