// @ts-check
// A story as an audiobook, in the format of the reader's choice.

import { element } from "../dom.js";
import { icon } from "../icons.js";
import { AudiobookFile } from "./audiobook_file.js";

/** @typedef {import("../wire/protocol.js").Audiobook} AudiobookStatus */

/** @type {{format: "m4b" | "mp3", words: string}[]} */
const FORMATS = [
  { format: "m4b", words: "M4B" },
  { format: "mp3", words: "MP3" },
];

export class Audiobook {
  #files;
  #hint = element("p", { class: "hint" });
  /** Shows all of it, and hides it again. */
  button = element(
    "button",
    { type: "button", class: "quiet", "aria-expanded": "false", "aria-controls": "audiobook" },
    icon("book"),
    "Audiobook",
  );
  element;

  /**
   * @param {import("../wire/api.js").Api} api
   * @param {import("../wire/protocol.js").Story} story
   * @param {AbortSignal} leaving
   */
  constructor(api, { id, title }, leaving) {
    const onLook = (/** @type {AudiobookStatus} */ book) => this.#tell(book);
    this.#files = FORMATS.map((it) => new AudiobookFile({ api, storyId: id, title, leaving, onLook, ...it }));
    const list = element("ul", { "aria-label": "Audiobook" }, ...this.#files.map((file) => file.element));
    this.element = element("div", { class: "audiobook", id: "audiobook", hidden: true }, this.#hint, list);
    this.button.addEventListener("click", () => this.#show(this.element.hidden));
  }

  /** The story may have changed. */
  look() {
    if (!this.element.hidden) this.#show(true);
  }

  /** @param {boolean} shown */
  #show(shown) {
    this.element.hidden = !shown;
    this.button.setAttribute("aria-expanded", String(shown));
    for (const file of this.#files) {
      if (shown) void file.look();
      else file.rest();
    }
  }

  /** @param {AudiobookStatus} book */
  #tell({ scenes, missing }) {
    const numbers = new Intl.ListFormat("en").format(missing.map(({ number }) => String(number)));
    const left = missing.length === 1 ? `Scene ${numbers} has no audio and is` : `Scenes ${numbers} have no audio and are`;
    const none = "No scene has been narrated yet. Narrate one, and it can be part of an audiobook.";
    const some = `All scenes in one file, with a chapter each. ${missing.length > 0 ? `${left} left out.` : ""}`;
    this.#hint.textContent = scenes.length === 0 ? none : some;
  }
}
