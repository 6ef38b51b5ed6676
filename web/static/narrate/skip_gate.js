// @ts-check
// Keeps sound away that a skip has made stale: what is still on its way when the reader has gone elsewhere.

/** @typedef {{sentence: number, back: boolean}} Skip `back`: the sound from there on is sent again. */

export class SkipGate {
  /** @type {Skip[]} What the server has not confirmed yet, in order. */
  #wanted = [];
  #floor = 0;

  /** The sentence that is to be heard once the server agrees; null if there is nothing to agree on. */
  get wanted() {
    return this.#wanted.at(-1)?.sentence ?? null;
  }

  /** @param {Skip} skip */
  want(skip) {
    this.#wanted.push(skip);
    this.#floor = skip.sentence;
  }

  /**
   * The server has skipped.
   *
   * @param {number} sentence
   * @returns {boolean} Whether this was asked for here.  The server may answer several wishes at once, by the last.
   */
  confirmed(sentence) {
    const at = this.#wanted.map((it) => it.sentence).lastIndexOf(sentence);
    this.#wanted.splice(0, at + 1);
    if (this.#wanted.length === 0) this.#floor = sentence;
    return at >= 0;
  }

  /**
   * Whether a sentence's sound is to be heard.
   *
   * @param {number} sentence
   */
  takes(sentence) {
    return sentence >= this.#floor && !this.#wanted.some(({ back }) => back);
  }
}
