// @ts-check
// A scene's text on the screen: grows as it is written, knows its sentences, shows which one is spoken.

import { element } from "../dom.js";
import { CodePoints } from "./code_points.js";
import { Paragraph } from "./paragraph.js";
import { highlightWord } from "./word_highlight.js";

/** @typedef {{start: number, end: number}} Place In code points, as the server counts. */

export class SceneText {
  element = element("div", { class: "scene-text" });
  #text = "";
  #points = new CodePoints();
  /** @type {Paragraph[]} */
  #paragraphs = [];
  /** @type {Paragraph | null} The one that is being written; null after a line's end. */
  #open = null;
  /** @type {Map<number, HTMLElement[]>} A sentence has several elements where it runs over a line's end. */
  #sentences = new Map();
  /** @type {Map<number, Place>} Where each was said to lie. */
  #places = new Map();
  /** @type {number | null} */
  #speaking = null;

  get text() {
    return this.#text;
  }

  /** @param {string} text */
  append(text) {
    this.#points.append(text);
    for (const part of text.split(/(\n+)/)) {
      if (part.startsWith("\n")) this.#open = null;
      else if (this.#open !== null || part.trim() !== "") this.#paragraph().append(part);
      this.#text += part;
    }
  }

  /**
   * Shows `text`, which may be more than what is shown, or something else.
   *
   * @param {string} text
   */
  update(text) {
    if (text.startsWith(this.#text)) {
      this.append(text.slice(this.#text.length));
      return;
    }
    this.#speaking = null;
    this.#reset(text);
  }

  /**
   * Forgets sentences, and what was shown of them.
   *
   * @param {number} from The first of them.
   */
  forgetFrom(from) {
    const kept = [...this.#places].filter(([number]) => number < from);
    if (kept.length === this.#places.size) return;
    this.#reset(this.#text);
    for (const [number, { start, end }] of kept) this.mark(number, start, end);
  }

  /**
   * Says where sentences lie.  If one was known otherwise, all that was known is another narration's.
   *
   * @param {(Place & {number: number})[]} sentences
   */
  markAll(sentences) {
    const moved = sentences.some(({ number, start, end }) => {
      const known = this.#places.get(number);
      return known !== undefined && (known.start !== start || known.end !== end);
    });
    if (moved) this.#reset(this.#text);
    for (const { number, start, end } of sentences) this.mark(number, start, end);
  }

  /**
   * Says where a sentence lies.  Sentences are marked in the order of the text.
   *
   * @param {number} number
   * @param {number} startPoint In code points, as the server counts.
   * @param {number} endPoint
   */
  mark(number, startPoint, endPoint) {
    if (this.#sentences.has(number)) return;
    this.#places.set(number, { start: startPoint, end: endPoint });
    this.#cut(number, this.#points.unitAt(startPoint), this.#points.unitAt(endPoint));
  }

  /** Takes back that sentences have no sound. */
  forgetHoles() {
    for (const span of this.element.querySelectorAll(".unspoken")) {
      span.classList.remove("unspoken");
      span.removeAttribute("title");
    }
  }

  /**
   * Shows discreetly that a sentence has no sound.
   *
   * @param {number} number
   * @param {string} reason
   */
  showHole(number, reason) {
    for (const span of this.#sentences.get(number) ?? []) {
      span.classList.add("unspoken");
      span.title = `Not spoken: ${reason}`;
    }
  }

  /**
   * Highlights the sentence that is being spoken.
   *
   * @param {number | null} number
   * @returns {HTMLElement | null} Its beginning, if it is another one than before.
   */
  speak(number) {
    if (number === this.#speaking) return null;
    this.#highlight(false);
    this.#speaking = number;
    this.#highlight(true);
    return this.#sentences.get(number ?? -1)?.[0] ?? null;
  }

  /**
   * A sentence's text as it is shown, line by line.
   *
   * @param {number} number
   */
  linesOf(number) {
    return (this.#sentences.get(number) ?? []).map((span) => span.textContent).join("\n");
  }

  /**
   * Highlights the word that is being spoken.
   *
   * @param {number} number The sentence.
   * @param {{start: number, end: number} | null} word Where it is in the sentence's lines; null for none.
   */
  speakWord(number, word) {
    let start = word?.start ?? -1;
    for (const span of this.#sentences.get(number) ?? []) {
      const text = span.firstChild;
      const length = span.textContent?.length ?? 0;
      if (word !== null && text !== null && start >= 0 && start < length) {
        return highlightWord(text, start, start + word.end - word.start);
      }
      start -= length + 1;  // With the line's end.
    }
    highlightWord(null, 0, 0);
  }

  /**
   * @param {EventTarget | null} target Where a click went.
   * @returns {number | null}
   */
  sentenceAt(target) {
    const span = target instanceof Element ? target.closest("[data-sentence]") : null;
    return span instanceof HTMLElement ? Number(span.dataset["sentence"]) : null;
  }

  /** @param {string} text Is shown anew, without sentences. */
  #reset(text) {
    this.element.replaceChildren();
    this.#text = "";
    this.#points = new CodePoints();
    this.#paragraphs = [];
    this.#open = null;
    this.#sentences.clear();
    this.#places.clear();
    this.append(text);
  }

  /**
   * @param {number} number
   * @param {number} startUnit
   * @param {number} endUnit
   */
  #cut(number, startUnit, endUnit) {
    const sentence = this.#text.slice(startUnit, endUnit);
    // Space around a sentence would look odd highlighted.
    const start = endUnit - sentence.trimStart().length;
    const end = startUnit + sentence.trimEnd().length;
    const spans = this.#paragraphs.flatMap((paragraph) => paragraph.cut(start, end) ?? []);
    for (const span of spans) span.dataset["sentence"] = String(number);
    this.#sentences.set(number, spans);
    // The reader has gone to it before it was there.
    if (number === this.#speaking) this.#highlight(true);
  }

  /** @param {boolean} on */
  #highlight(on) {
    for (const span of this.#sentences.get(this.#speaking ?? -1) ?? []) {
      if (on) span.setAttribute("aria-current", "true");
      else span.removeAttribute("aria-current");
    }
  }

  #paragraph() {
    if (this.#open === null) {
      this.#open = new Paragraph(this.#text.length);
      this.#paragraphs.push(this.#open);
      this.element.append(this.#open.element);
    }
    return this.#open;
  }
}
