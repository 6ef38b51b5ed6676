// @ts-check
// What else a service can be told: its own parameters, by their own names.

import { element } from "../dom.js";
import { Field } from "./field.js";

/** @typedef {Record<string, unknown>} Values */

export class Parameters {
  /** @type {Map<string, HTMLInputElement>} */
  #inputs = new Map();
  #list = element("div", { class: "group" });
  element = element(
    "details",
    { hidden: true },
    element("summary", {}, "More"),
    element("p", { class: "hint" }, "This service's own parameters. Empty: as it would do by itself."),
    this.#list,
  );
  /** @type {Field[]} */
  fields = [];

  /**
   * @param {string[]} names
   * @param {Values} values
   */
  show(names, values) {
    this.#inputs.clear();
    this.fields = names.map((name) => {
      const input = element("input", { id: `extra_params.${name}`, autocomplete: "off" });
      const value = values[name] ?? "";
      input.value = typeof value === "object" ? JSON.stringify(value) : String(value);
      this.#inputs.set(name, input);
      return new Field(input, name, "", name);
    });
    this.#list.replaceChildren(...this.fields.map((field) => field.element));
    this.element.hidden = names.length === 0;
  }

  /** Those that are shown. */
  get names() {
    return [...this.#inputs.keys()];
  }

  /** @returns {Values} */
  get value() {
    const given = [...this.#inputs].map(([name, { value }]) => [name, value.trim()]);
    return Object.fromEntries(given.filter(([, text]) => text !== "").map(([name, text]) => [name, parsed(text ?? "")]));
  }
}

/**
 * Numbers, yes and no as such, and all else as text.
 *
 * @param {string} text
 */
function parsed(text) {
  return /^(-?\d+(\.\d+)?|true|false|[[{].*)$/s.test(text) ? asJson(text) : text;
}

/** @param {string} text */
function asJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
