// @ts-check
// Where the reader says what happens next.

import { element } from "../dom.js";
import { icon } from "../icons.js";

/** @typedef {{prompt: string, aloud: boolean}} Wish */

/** Dispatches `tell`, a CustomEvent whose `detail` is a `Wish`. */
export class Composer extends EventTarget {
  #settings;
  #prompt = element("textarea", { id: "prompt", rows: 2, maxlength: 4_000 });
  #tell = element("button", { type: "submit", class: "primary" });
  #silently = element(
    "button",
    { type: "button", class: "quiet", onclick: () => this.#submit(false) },
    icon("edit"),
    "Write silently",
  );
  #hint = element("p", { class: "hint" });
  #trouble = element("p", { class: "notice", role: "alert" });
  element = element(
    "form",
    { class: "composer", onsubmit: (/** @type {Event} */ event) => this.#submitted(event) },
    element("label", { for: "prompt" }, "What happens next?"),
    this.#prompt,
    element("div", { class: "buttons" }, this.#tell, this.#silently),
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
    const { tts_enabled, realtime_tts_enabled } = this.#settings.value;
    this.#tell.replaceChildren(icon(tts_enabled ? "sound" : "edit"), tts_enabled ? "Tell it" : "Write it");
    this.#silently.hidden = !tts_enabled || realtime_tts_enabled;
    this.#hint.textContent = tts_enabled ? "" : "Narration is turned off in the settings.";
  }

  /** @param {boolean} busy Whether a scene is being written, and another one has to wait. */
  showBusy(busy) {
    this.element.hidden = busy;
    for (const button of [this.#tell, this.#silently]) button.disabled = busy;
  }

  /** @param {string} message Empty for none. */
  showTrouble(message) {
    this.#trouble.textContent = message;
  }

  clear() {
    this.#prompt.value = "";
  }

  /** @param {Event} event */
  #submitted(event) {
    event.preventDefault();
    this.#submit(this.#settings.value.tts_enabled);
  }

  /** @param {boolean} aloud */
  #submit(aloud) {
    /** @type {Wish} */
    const wish = { prompt: this.#prompt.value.trim(), aloud };
    this.dispatchEvent(new CustomEvent("tell", { detail: wish }));
  }
}
