// @ts-check
// A scene whose audio is being made: how far it is, and what can be done meanwhile.

import { element } from "../dom.js";
import { icon } from "../icons.js";

/** @typedef {import("../wire/protocol.js").Narration} Narration */

export class NarrationProgress {
  #status = element("p", { role: "status" });
  #bar = element("progress");
  #count = element("p", { class: "hint" });
  #listen;
  #cancel;
  element;

  /**
   * @param {string} title The scene's.
   * @param {() => void} onListen
   * @param {() => void} onCancel
   */
  constructor(title, onListen, onCancel) {
    this.#bar.setAttribute("aria-label", `Narration of ${title}`);
    this.#listen = element("button", { type: "button", onclick: onListen }, icon("play"), "Listen");
    this.#listen.setAttribute("aria-label", `Listen to ${title}`);
    this.#cancel = element("button", { type: "button", class: "quiet", onclick: onCancel }, icon("close"), "Cancel");
    this.#cancel.setAttribute("aria-label", `Cancel the narration of ${title}`);
    this.element = element(
      "div",
      { class: "making", hidden: true },
      element("div", { class: "making-words" }, this.#status, this.#count, this.#bar),
      element("div", { class: "buttons" }, this.#listen, this.#cancel),
    );
  }

  /** @param {Pick<Narration, "sentences_done" | "total_sentences">} progress */
  show({ sentences_done, total_sentences }) {
    this.element.hidden = false;
    // Screen readers say this once; the rest is there for who asks.
    if (this.#status.textContent === "") this.#status.textContent = "Being narrated";
    const total = total_sentences === null ? "" : ` of ${total_sentences}`;
    this.#count.textContent = `${sentences_done}${total} sentences`;
    if (total_sentences === null) this.#bar.removeAttribute("value");
    else {
      this.#bar.max = Math.max(1, total_sentences);
      this.#bar.value = sentences_done;
    }
  }

  /** @param {boolean} playing Whether it is heard already. */
  showPlaying(playing) {
    this.#listen.hidden = playing;
  }

  /** @param {boolean} busy Whether the reader wants no more of it, and the server has not answered yet. */
  showCancelling(busy) {
    this.#cancel.disabled = busy;
  }

  hide() {
    this.element.hidden = true;
    this.#status.textContent = "";
  }
}
