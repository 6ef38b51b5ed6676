// @ts-check
// Whose voice it is: one of the service's, or what the reader writes, for mixes and for services that have no list.

import { element, keepFocus } from "../dom.js";
import { Field, fill } from "./field.js";

/** @typedef {{id: string, name: string}} Voice */

/** No voice is called so. */
const ANOTHER = " another";

/** Dispatches `retry` when the voices are to be asked for again. */
export class VoiceField extends EventTarget {
  #select = element("select", { id: "default_voice" });
  #text = element("input", { id: "voice_name", maxlength: 200, autocomplete: "off", spellcheck: "false" });
  #status = element("p", { class: "hint", role: "status" });
  #trouble = element("p", { class: "notice", role: "alert" });
  #retry;
  #chosen = "";
  #list = new Field(this.#select, "Voice");
  #name = new Field(this.#text, "Name of the voice", "", "default_voice");
  fields = [this.#name, this.#list];
  element;

  constructor() {
    super();
    const onclick = () => this.dispatchEvent(new Event("retry"));
    this.#retry = element("button", { type: "button", hidden: true, onclick }, "Try again");
    this.element = element(
      "div",
      { class: "group", tabindex: -1 },
      this.#list.element,
      this.#name.element,
      this.#status,
      this.#trouble,
      this.#retry,
    );
    this.#select.addEventListener("change", () => {
      this.#showText();
      if (!this.#name.element.hidden) this.#text.focus();
    });
  }

  get value() {
    if (this.#select.disabled) return this.#chosen;
    const listed = !this.#list.element.hidden && this.#select.value !== ANOTHER;
    return listed ? this.#select.value : this.#text.value.trim();
  }

  /** @param {string} chosen The voice that was chosen before. */
  load(chosen) {
    this.#show(() => {
      this.#chosen = chosen;
      this.#list.element.hidden = false;
      this.#select.disabled = true;
      fill(this.#select, [{ value: "", words: "Loading…" }], "");
      this.#name.element.hidden = true;
      this.#tell("Loading the voices…", "");
    });
  }

  /**
   * @param {Voice[]} voices
   * @param {string} usual The service's own choice.
   * @param {string} chosen
   * @param {string} [hint] Why there are none.
   */
  offer(voices, usual, chosen, hint = "") {
    this.#show(() => {
      this.#select.disabled = false;
      this.#list.element.hidden = voices.length === 0;
      const known = chosen === "" || voices.some(({ id }) => id === chosen);
      const name = voices.find(({ id }) => id === usual)?.name ?? usual;
      const options = voices.map(({ id, name: words }) => ({ value: id, words }));
      const whose = name === "" ? "The service's own choice" : `The service's own choice (${name})`;
      options.unshift({ value: "", words: whose });
      options.push({ value: ANOTHER, words: "Another…" });
      fill(this.#select, options, known ? chosen : ANOTHER);
      // Who then goes for another one begins with what was there.
      this.#text.value = chosen;
      this.#text.placeholder = usual;
      this.#showText();
      this.#tell(hint, "");
    });
  }

  /**
   * @param {string} message Why the voices are not known.
   * @param {string} usual
   * @param {string} chosen
   */
  fail(message, usual, chosen) {
    this.offer([], usual, chosen);
    this.#show(() => this.#tell("", message));
  }

  #showText() {
    const listed = !this.#list.element.hidden;
    this.#name.element.hidden = listed && this.#select.value !== ANOTHER;
    this.#name.hint = listed ? "As the service calls it; some can mix several." : "Empty: the service's own choice.";
  }

  /**
   * @param {string} status
   * @param {string} trouble
   */
  #tell(status, trouble) {
    this.#status.textContent = status;
    this.#trouble.textContent = trouble;
    this.#retry.hidden = trouble === "";
  }

  /** @param {() => void} change May take away what the reader is at. */
  #show(change) {
    keepFocus(this.element, this.element, change);
  }
}
