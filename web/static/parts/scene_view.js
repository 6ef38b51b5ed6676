// @ts-check
// One scene on a story's page: its text, what became of it, and what can be done with it.

import { element } from "../dom.js";
import { icon } from "../icons.js";
import { SceneText } from "../text/scene_text.js";
import { clock } from "./clock.js";

/** @typedef {import("../wire/protocol.js").Scene} Scene */
/** @typedef {import("../wire/protocol.js").SceneAudio} SceneAudio */

/** @type {Record<import("../wire/protocol.js").SceneState, string>} */
const STATES = {
  writing: "This scene is being written.",
  complete: "",
  stopped: "You stopped the scene here.",
  partial: "The writing broke off here.",
  interrupted: "The server was stopped while this scene was being written.",
};

/** Dispatches `listen` (a CustomEvent whose `detail` is the sentence to begin with) and `delete`. */
export class SceneView extends EventTarget {
  text = new SceneText();
  /** @type {SceneAudio | null} What was stored, once it was asked for. */
  audio = null;
  #scene;
  #heading;
  #note = element("p", { class: "scene-note" });
  #holes = element("p", { class: "scene-note" });
  #trouble = element("p", { class: "notice", role: "alert" });
  #listen = element("button", { type: "button", class: "quiet", hidden: true });
  #delete = element("button", { type: "button", class: "quiet", onclick: () => this.#ask("delete") });
  /** @type {Map<number, string>} Sentences without sound, and why. */
  #unspoken = new Map();

  /**
   * @param {Scene} scene
   * @param {string} language
   */
  constructor(scene, language) {
    super();
    this.#scene = scene;
    const id = `scene-${scene.id}`;
    this.#heading = element("h2", { id, tabindex: -1 }, this.title);
    this.#delete.append(icon("trash"), "Delete");
    this.#delete.setAttribute("aria-label", `Delete ${this.title}`);
    this.#listen.addEventListener("click", () => this.#ask("listen", 0));
    this.text.element.lang = language;
    this.text.element.addEventListener("click", (event) => this.#clicked(event));
    this.element = element("article", { class: "scene", "aria-labelledby": id }, this.#heading);
    if (scene.prompt !== "") {
      this.element.append(element("p", { class: "scene-prompt" }, scene.prompt));
    }
    const actions = element("div", { class: "scene-actions" }, this.#listen, this.#delete);
    this.element.append(this.text.element, this.#note, this.#holes, this.#trouble, actions);
    this.update(scene);
  }

  get scene() {
    return this.#scene;
  }

  get title() {
    return `Scene ${this.#scene.number}`;
  }

  /** @param {Scene} scene The same one, as it is now. */
  update(scene) {
    this.#scene = scene;
    this.text.update(scene.text);
    const nothing = scene.text.trim() === "" && scene.state !== "writing";
    this.#note.textContent = nothing ? "Nothing was written." : STATES[scene.state];
    this.element.classList.toggle("writing", scene.state === "writing");
    this.#delete.hidden = scene.state === "writing";
  }

  /** @param {SceneAudio} audio */
  showAudio(audio) {
    this.audio = audio;
    for (const { number, text, start, end, skipped } of audio.sentences) {
      this.text.mark(number, start, end);
      if (skipped !== null) this.showHole(number, text, skipped);
    }
    const playable = audio.sentences.some(({ url }) => url !== null);
    this.#listen.hidden = !playable;
    this.#listen.replaceChildren(icon("play"), `Listen · ${clock(audio.duration_ms)}`);
    this.#listen.setAttribute("aria-label", `Listen to ${this.title}`);
    this.text.element.classList.toggle("playable", playable);
  }

  /**
   * @param {number} number
   * @param {string} text
   * @param {string} reason
   */
  showHole(number, text, reason) {
    // A row of asterisks has nothing to be spoken, and nobody misses it.
    if (!/[\p{L}\p{N}]/u.test(text)) return;
    this.text.showHole(number, reason);
    this.#unspoken.set(number, reason);
    const count = this.#unspoken.size;
    const reasons = [...new Set(this.#unspoken.values())].join("; ");
    const what = count === 1 ? "One sentence was" : `${count} sentences were`;
    this.#holes.textContent = `${what} not spoken (${reasons}).`;
  }

  /** @param {boolean} playing */
  showPlaying(playing) {
    this.element.classList.toggle("playing", playing);
  }

  /** @param {string} message Empty for none. */
  showTrouble(message) {
    this.#trouble.textContent = message;
  }

  /** Brings the scene to the reader: to the eye, and to the keyboard. */
  visit() {
    this.#heading.focus({ preventScroll: true });
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.element.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    // Not where the reader has only selected some words.
    const selected = getSelection()?.isCollapsed === false;
    const sentence = this.text.sentenceAt(event.target);
    if (this.audio !== null && sentence !== null && !selected) this.#ask("listen", sentence);
  }

  /**
   * @param {"listen" | "delete"} what
   * @param {number} [from]
   */
  #ask(what, from) {
    this.dispatchEvent(new CustomEvent(what, { detail: from }));
  }
}
