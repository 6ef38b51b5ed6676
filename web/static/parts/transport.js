// @ts-check
// The buttons of a player: the sentence before, hold or go on, the next sentence.

import { element } from "../dom.js";
import { icon } from "../icons.js";

/** @typedef {"previous" | "toggle" | "next"} Act */

export class Transport {
  #toggle;
  element;

  /** @param {(act: Act) => void} act */
  constructor(act) {
    this.#toggle = button(() => act("toggle"));
    const previous = button(() => act("previous"));
    const next = button(() => act("next"));
    label(previous, "previous", "Back a sentence", "←");
    label(next, "next", "Next sentence", "→");
    this.element = element("div", { class: "transport" }, previous, this.#toggle, next);
    this.showHeld(false);
  }

  /** @param {boolean} held */
  showHeld(held) {
    if (held) label(this.#toggle, "play", "Go on", "space bar");
    else label(this.#toggle, "pause", "Pause", "space bar");
  }
}

/** @param {() => void} onclick */
function button(onclick) {
  return element("button", { type: "button", class: "round", onclick });
}

/**
 * @param {HTMLButtonElement} target
 * @param {Parameters<typeof icon>[0]} image
 * @param {string} words
 * @param {string} key
 */
function label(target, image, words, key) {
  target.replaceChildren(icon(image));
  target.setAttribute("aria-label", words);
  target.title = `${words} (${key})`;
}
