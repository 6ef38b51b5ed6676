// @ts-check
// Turns the server's offsets, which count code points, into JavaScript's,
// which count UTF-16 units: an emoji is one of the first and two of the second.

export class CodePoints {
  #text = "";
  #point = 0;
  #unit = 0;

  /** @param {string} text */
  append(text) {
    this.#text += text;
  }

  /**
   * The UTF-16 offset of a code point; that of the end, for one beyond it.
   *
   * Offsets mostly grow, so the search goes on from where the last one ended.
   *
   * @param {number} point
   */
  unitAt(point) {
    if (point < this.#point) {
      this.#point = 0;
      this.#unit = 0;
    }
    while (this.#point < point && this.#unit < this.#text.length) {
      this.#unit += (this.#text.codePointAt(this.#unit) ?? 0) > 0xffff ? 2 : 1;
      this.#point += 1;
    }
    return this.#unit;
  }
}
