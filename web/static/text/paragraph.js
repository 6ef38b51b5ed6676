// @ts-check
// One paragraph on the screen, which grows at its end and is cut into sentences from its start.

import { element } from "../dom.js";

export class Paragraph {
  element = element("p");
  /** What no sentence has claimed yet. */
  #rest = document.createTextNode("");
  #restStart;
  #end;

  /** @param {number} start Where it begins in the scene's text, in UTF-16 units. */
  constructor(start) {
    this.start = start;
    this.#restStart = start;
    this.#end = start;
    this.element.append(this.#rest);
  }

  /** @param {string} text */
  append(text) {
    this.#rest.appendData(text);
    this.#end += text.length;
  }

  /**
   * Puts the part of a sentence that lies in this paragraph into an element of its own.
   *
   * @param {number} start
   * @param {number} end
   * @returns {HTMLElement | null} Null if there is no such part.
   */
  cut(start, end) {
    const from = Math.max(start, this.#restStart);
    const to = Math.min(end, this.#end);
    if (from >= to) return null;
    const sentence = this.#rest.splitText(from - this.#restStart);
    this.#rest = sentence.splitText(to - from);
    this.#restStart = to;
    const span = element("span", { class: "sentence" });
    sentence.replaceWith(span);
    span.append(sentence);
    return span;
  }
}
