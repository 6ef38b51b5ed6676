// @ts-check
// How fast the voice speaks, within what the service can do.

import { element } from "../dom.js";
import { Field } from "./field.js";

/** What most services can do, as long as nothing is known of this one. */
export const USUAL = /** @type {[number, number]} */ ([0.5, 2]);

const STEPS = 20;  // To 1.

export class SpeedField {
  #input = element("input", { type: "range", id: "speech_speed", step: 1 / STEPS });
  #shown = element("output", { for: "speech_speed" });
  #wanted;
  #range = USUAL;
  field = new Field(this.#input, ["Speed ", this.#shown]);

  /** @param {number} wanted */
  constructor(wanted) {
    this.#wanted = wanted;
    this.#input.addEventListener("input", () => {
      this.#wanted = this.#input.valueAsNumber;
      this.#show();
    });
    this.range = USUAL;
  }

  get value() {
    const [slow, fast] = this.#range;
    // A service that has no choice is not what the reader has chosen for all others.
    return this.field.element.hidden ? this.#wanted : Math.min(Math.max(this.#wanted, slow), fast);
  }

  /** @param {[number, number]} range The slowest and the fastest. */
  set range([slow, fast]) {
    this.#range = [slow, fast];
    this.field.element.hidden = slow >= fast;
    // Steps are counted from the slowest, and 1 is to be among them.
    this.#input.min = String(Math.ceil(slow * STEPS) / STEPS);
    this.#input.max = String(fast);
    this.#input.value = String(this.value);
    this.#show();
  }

  #show() {
    const words = `${this.value.toFixed(2).replace(/0$/, "")}×`;
    this.#shown.textContent = words;
    this.#input.setAttribute("aria-valuetext", words);
  }
}
