// @ts-check
// A form's fields: each has its label, what there is to know about it, and room for what is wrong with it.

import { element } from "../dom.js";

/** @typedef {HTMLInputElement | HTMLSelectElement} Control */

export class Field {
  #control;
  #hint;
  #trouble;
  name;
  element;

  /**
   * @param {Control} control
   * @param {string | (Node | string)[]} words
   * @param {string} [hint]
   * @param {string} [name] The setting's, where that is not the control's `id`.
   */
  constructor(control, words, hint = "", name = control.id) {
    const { id } = control;
    this.#control = control;
    this.name = name;
    this.#hint = element("p", { class: "hint", id: `${id}-hint` }, hint);
    this.#trouble = element("p", { class: "notice", id: `${id}-trouble`, role: "alert" });
    control.setAttribute("aria-describedby", `${id}-hint ${id}-trouble`);
    control.addEventListener("input", () => this.complain(""));
    const label = element("label", { for: id }, ...(typeof words === "string" ? [words] : words));
    this.element = element("div", { class: "field" }, label, this.#hint, control, this.#trouble);
  }

  /** Whether it is there for the reader, be it folded away. */
  get shown() {
    return this.#control.closest("[hidden]") === null;
  }

  /** @param {string} text */
  set hint(text) {
    this.#hint.textContent = text;
  }

  /** @param {string} message What is wrong with it; empty for nothing. */
  complain(message) {
    this.#trouble.textContent = message;
    if (message === "") {
      this.#control.removeAttribute("aria-invalid");
      return;
    }
    this.#control.setAttribute("aria-invalid", "true");
    this.#control.closest("details")?.setAttribute("open", "");
    this.#control.focus();
  }
}

/**
 * @param {string} id
 * @param {string} name
 * @param {string} description
 * @param {boolean} checked
 */
export function toggle(id, name, description, checked) {
  const input = element("input", {
    type: "checkbox",
    role: "switch",
    id,
    checked,
    "aria-describedby": `${id}-hint`,
  });
  const words = element(
    "div",
    {},
    element("label", { for: id }, name),
    element("p", { class: "hint", id: `${id}-hint` }, description),
  );
  return { input, row: element("div", { class: "switch" }, words, input) };
}

/**
 * @param {HTMLSelectElement} select
 * @param {{value: string, words: string}[]} options
 * @param {string} chosen
 */
export function fill(select, options, chosen) {
  select.replaceChildren(...options.map(({ value, words }) => element("option", { value }, words)));
  select.value = chosen;
}
