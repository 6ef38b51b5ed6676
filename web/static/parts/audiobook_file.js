// @ts-check
// A story's audiobook in one format: to be made, in the making, or ready to be taken along.

import { element, keepFocus } from "../dom.js";
import { icon } from "../icons.js";
import { inWords } from "../wire/api_error.js";
import { fileLink } from "./file_link.js";

/** @typedef {import("../wire/protocol.js").Audiobook} Audiobook */

const LOOK_MS = 700;

export class AudiobookFile {
  #parts;
  #name = element("p", { tabindex: -1 });
  #words = element("p", { class: "hint", role: "status" });
  #bar = element("progress");
  #trouble = element("p", { class: "notice", role: "alert" });
  #make = element("button", { type: "button" });
  #cancel = element("button", { type: "button", class: "quiet" }, icon("close"), "Cancel");
  #link;
  /** Counts the looks, so that one that was overtaken is known. */
  #looks = 0;
  element;

  /**
   * @param {object} parts
   * @param {import("../wire/api.js").Api} parts.api
   * @param {number} parts.storyId
   * @param {string} parts.title The story's.
   * @param {"m4b" | "mp3"} parts.format
   * @param {string} parts.words What it is called on the page.
   * @param {AbortSignal} parts.leaving
   * @param {(book: Audiobook) => void} parts.onLook
   */
  constructor(parts) {
    this.#parts = parts;
    const { api, storyId, title, format, words } = parts;
    const file = { words: `Download ${words}`, path: `/api/stories/${storyId}/audiobook.${format}` };
    this.#name.textContent = words;
    this.#bar.setAttribute("aria-label", `${words} in the making`);
    this.#cancel.setAttribute("aria-label", `Cancel ${words}`);
    this.#link = fileLink(api, { ...file, name: `${title}.${format}` }, (told, trouble) => {
      this.#words.textContent = trouble ? "" : told;
      this.#trouble.textContent = trouble ? told : "";
    });
    this.#link.className = "file";
    this.#make.addEventListener("click", () => void this.#ask(() => api.makeAudiobook(storyId, format)));
    this.#cancel.addEventListener("click", () => void this.#ask(() => api.cancelAudiobook(storyId, format)));
    this.element = element(
      "li",
      { class: "making" },
      element("div", { class: "making-words" }, this.#name, this.#words, this.#bar, this.#trouble),
      element("div", { class: "buttons" }, this.#link, this.#make, this.#cancel),
    );
  }

  /** Shows how it is, and how it gets on. */
  async look() {
    const { api, storyId, format, leaving, onLook } = this.#parts;
    const look = (this.#looks += 1);
    const isOver = () => leaving.aborted || look !== this.#looks;
    try {
      for (let making = true; making && !isOver();) {
        const book = await api.audiobook(storyId, format, leaving);
        if (isOver()) return;
        this.#show(book);
        onLook(book);
        making = book.state === "making";
        if (making) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    } catch (error) {
      if (!isOver()) this.#trouble.textContent = inWords(error);
    }
  }

  /** Looks no more. */
  rest() {
    this.#looks += 1;
  }

  /** @param {() => Promise<void>} wish */
  async #ask(wish) {
    keepFocus(this.element, this.#name, () => {
      this.#make.disabled = this.#cancel.disabled = true;
    });
    try {
      await wish();
      await this.look();
    } catch (error) {
      this.#trouble.textContent = inWords(error);
      this.#make.disabled = this.#cancel.disabled = false;
    }
  }

  /** @param {Audiobook} book */
  #show({ state, done_ms, total_ms, done_scenes, total_scenes, scenes, message, url }) {
    const making = state === "making";
    const offer = { none: "Make", outdated: "Make anew", failed: "Try again", making: null, ready: null }[state];
    this.#make.hidden = offer === null || scenes.length === 0;
    this.#make.textContent = offer;
    this.#make.setAttribute("aria-label", `${offer} ${this.#parts.words}`);
    this.#make.disabled = this.#cancel.disabled = false;
    this.#cancel.hidden = !making;
    this.#link.hidden = url === null;
    this.#bar.hidden = !making;
    this.#bar.max = Math.max(1, total_ms);
    this.#bar.value = done_ms;
    const current = Math.min(done_scenes + 1, total_scenes);
    const outdated = state === "outdated" ? "The story has changed since." : "";
    const words = making ? `Scene ${current} of ${total_scenes}` : outdated;
    // Screen readers say what changes, so nothing is changed without need.
    if (this.#words.textContent !== words) this.#words.textContent = words;
    this.#trouble.textContent = state === "failed" ? `It could not be made: ${message}` : "";
  }
}
