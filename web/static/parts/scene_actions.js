// @ts-check
// What can be done with a scene, as buttons.

import { element } from "../dom.js";
import { icon } from "../icons.js";

/** @typedef {"listen" | "narrate" | "continue" | "join" | "edit" | "delete"} Wish */

export class SceneActions {
  #wish;
  #title;
  #join;
  #listen;
  #narrate;
  #continue;
  #edit;
  #delete;
  element;

  /**
   * @param {string} title The scene's.
   * @param {HTMLElement} download The button that shows its files.
   * @param {(wish: Wish) => void} wish
   */
  constructor(title, download, wish) {
    this.#wish = wish;
    this.#title = title;
    this.#join = this.#button("join", "sound", "Listen here");
    this.#listen = this.#button("listen", "play", "Listen");
    this.#listen.setAttribute("aria-label", `Listen to ${title}`);
    this.#narrate = this.#button("narrate", "sound", "Narrate");
    this.#continue = this.#button("continue", "onwards", "Continue writing");
    this.#continue.setAttribute("aria-label", `Continue writing ${title}`);
    this.#edit = this.#button("edit", "edit", "Edit");
    this.#edit.setAttribute("aria-label", `Edit ${title}`);
    this.#delete = this.#button("delete", "trash", "Delete");
    this.#delete.setAttribute("aria-label", `Delete ${title}`);
    this.element = element(
      "div",
      { class: "scene-actions" },
      this.#join,
      this.#listen,
      this.#narrate,
      this.#continue,
      download,
      this.#edit,
      this.#delete,
    );
    for (const button of [this.#join, this.#listen, this.#narrate]) button.hidden = true;
  }

  /** Whether there is sound to listen to. */
  get playable() {
    return !this.#listen.hidden;
  }

  /** @param {string | null} length Of its sound; null for none. */
  offerListening(length) {
    this.#listen.hidden = length === null;
    this.#listen.replaceChildren(icon("play"), `Listen · ${length}`);
  }

  /**
   * @param {string | null} words Null if there is nothing to narrate.
   * @param {string} why
   */
  offerNarration(words, why) {
    this.#narrate.hidden = words === null;
    if (words === null) return;
    this.#narrate.replaceChildren(icon("sound"), words);
    this.#narrate.setAttribute("aria-label", `${words}: ${this.#title}`);
    this.#narrate.title = why;
  }

  /** @param {boolean} busy Whether it has been asked for, and has not begun. */
  showAsked(busy) {
    this.#narrate.disabled = busy;
  }

  /** @param {boolean} offered Whether the scene is told in another window, and can be heard here instead. */
  offerJoining(offered) {
    this.#join.hidden = !offered;
  }

  /** @param {boolean} offered */
  offerContinuing(offered) {
    this.#continue.hidden = !offered;
  }

  /** @param {boolean} offered */
  offerChanges(offered) {
    this.#edit.hidden = !offered;
    this.#delete.hidden = !offered;
  }

  /**
   * @param {Wish} what
   * @param {Parameters<typeof icon>[0]} image
   * @param {string} words
   */
  #button(what, image, words) {
    return element("button", { type: "button", class: "quiet", onclick: () => this.#wish(what) }, icon(image), words);
  }
}
