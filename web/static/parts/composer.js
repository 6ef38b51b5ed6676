// @ts-check
// Where the reader says what happens next.

import { element } from "../dom.js";
import { icon } from "../icons.js";

/**
 * To be told aloud while it is written; to be written on the screen, in silence; or to be written to its end, and
 * then, if the reader wants that, to play by itself.
 *
 * @typedef {"aloud" | "silently" | "whole"} Way
 */
/** @typedef {{prompt: string, way: Way}} Wish */

/** Dispatches `wish`, a CustomEvent whose `detail` is a `Wish`. */
export class Composer extends EventTarget {
  #settings;
  #prompt = element("textarea", { id: "prompt", rows: 2, maxlength: 4_000 });
  #tell = element("button", { type: "submit", class: "primary" });
  #write = this.#button("whole", "Write it");
  #silently = this.#button("silently", "Write silently");
  #hint = element("p", { class: "hint" });
  #trouble = element("p", { class: "notice", role: "alert" });
  element = element(
    "form",
    { class: "composer", onsubmit: (/** @type {Event} */ event) => this.#submitted(event) },
    element("label", { for: "prompt" }, "What happens next?"),
    this.#prompt,
    element("div", { class: "buttons" }, this.#tell, this.#write, this.#silently),
    this.#hint,
    this.#trouble,
  );

  /** @param {import("../settings.js").Settings} settings */
  constructor(settings) {
    super();
    this.#settings = settings;
    this.#prompt.placeholder = "Leave it empty, and be surprised";
    this.#prompt.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.element.requestSubmit();
    });
    this.showSettings();
  }

  /** Offers what the settings allow. */
  showSettings() {
    const { tts_enabled, auto_play_last_scene, realtime_tts_enabled } = this.#settings.value;
    this.#tell.replaceChildren(icon(tts_enabled ? "sound" : "edit"), tts_enabled ? "Tell it" : "Write it");
    const choice = tts_enabled && !realtime_tts_enabled;
    this.#write.hidden = !(choice && auto_play_last_scene);
    this.#silently.hidden = !(choice && !auto_play_last_scene);
    this.#hint.textContent = this.#words();
  }

  #words() {
    if (!this.#settings.value.tts_enabled) return "Narration is turned off in the settings.";
    return this.#write.hidden ? "" : "“Write it” writes the whole scene first. Then it plays by itself.";
  }

  /** @param {boolean} busy Whether a scene is being written, and another one has to wait. */
  showBusy(busy) {
    this.element.hidden = busy;
    for (const button of [this.#tell, this.#write, this.#silently]) button.disabled = busy;
  }

  /** @param {string} message Empty for none. */
  showTrouble(message) {
    this.#trouble.textContent = message;
  }

  /** Brings the reader back to what was asked for. */
  focus() {
    this.#prompt.focus();
  }

  clear() {
    this.#prompt.value = "";
  }

  /** @param {Event} event */
  #submitted(event) {
    event.preventDefault();
    this.#submit(this.#settings.value.tts_enabled ? "aloud" : "silently");
  }

  /** @param {Way} way */
  #submit(way) {
    /** @type {Wish} */
    const wish = { prompt: this.#prompt.value.trim(), way };
    this.dispatchEvent(new CustomEvent("wish", { detail: wish }));
  }

  /**
   * @param {Way} way
   * @param {string} words
   */
  #button(way, words) {
    const onclick = () => this.#submit(way);
    return element("button", { type: "button", class: "quiet", onclick }, icon("edit"), words);
  }
}
