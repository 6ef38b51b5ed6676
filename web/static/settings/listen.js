// @ts-check
// Has a sentence spoken as the form says, saved or not, and says how that went.

import { Sample } from "../audio/sample.js";
import { element } from "../dom.js";
import { icon } from "../icons.js";
import { inWords } from "../wire/api_error.js";

/**
 * @typedef {object} ListenParts
 * @property {import("../wire/api.js").Api} api
 * @property {import("../audio/player.js").Player} player Is silent meanwhile.
 * @property {() => Partial<import("../wire/protocol.js").TTSSettings>} settings What to listen to.
 */

export class Listen {
  #parts;
  #listen = element("button", { type: "button", onclick: () => void this.#start() }, icon("sound"), "Listen");
  #stop = element("button", { type: "button", hidden: true, onclick: () => this.close() }, icon("stop"), "Stop");
  #result = element("p", { class: "hint", role: "status" });
  #trouble = element("p", { class: "notice", role: "alert" });
  /** @type {AbortController | null} */
  #running = null;
  element = element(
    "div",
    { class: "listen" },
    element("div", { class: "buttons" }, this.#listen, this.#stop),
    this.#result,
    this.#trouble,
  );

  /** @param {ListenParts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  close() {
    this.#running?.abort();
  }

  /** The form says something else now than what was heard. */
  forget() {
    this.close();
    this.#say("");
  }

  async #start() {
    if (this.#listen.form?.reportValidity() === false) return;
    const { signal } = (this.#running = new AbortController());
    this.#show(true);
    this.#say("Waiting for the voice…");
    // Now, while the browser still counts this as the click.
    const sample = new Sample();
    const goOn = this.#parts.player.still();
    try {
      const preview = await this.#parts.api.preview(this.#parts.settings(), signal);
      this.#say(told(preview));
      await sample.play(preview.audio, signal);
    } catch (error) {
      this.#say("", signal.aborted ? "" : inWords(error));
    } finally {
      sample.close();
      goOn();
      this.#show(false);
    }
  }

  /**
   * @param {string} result
   * @param {string} [trouble]
   */
  #say(result, trouble = "") {
    this.#result.textContent = result;
    this.#trouble.textContent = trouble;
    if (result + trouble !== "") this.element.scrollIntoView({ block: "nearest", behavior: "auto" });
  }

  /** @param {boolean} running */
  #show(running) {
    const here = document.activeElement;
    this.#listen.disabled = running;
    this.#stop.hidden = !running;
    if (here === this.#listen && running) this.#stop.focus();
    if (here === this.#stop && !running) this.#listen.focus();
  }
}

/** @param {import("../wire/protocol.js").Preview} preview */
function told({ first_audio_ms: first, duration_ms: length }) {
  return `First sound after ${seconds(first)} · ${seconds(length)} of audio`;
}

/** @param {number} ms */
function seconds(ms) {
  return `${(ms / 1_000).toFixed(1)} s`;
}
