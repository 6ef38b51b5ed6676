// @ts-check
// One scene on a story's page: its text, what became of it, and what can be done with it.

import { element } from "../dom.js";
import { icon } from "../icons.js";
import { SceneText } from "../text/scene_text.js";
import { SKIPPED } from "../wire/protocol.js";
import { clock } from "./clock.js";

/** @typedef {import("../wire/protocol.js").Scene} Scene */
/** @typedef {import("../wire/protocol.js").SceneAudio} SceneAudio */
/** @typedef {"listen" | "continue" | "join" | "delete"} Wish */

/** @type {Record<import("../wire/protocol.js").SceneState, string>} */
const STATES = {
  writing: "This scene is being written.",
  complete: "",
  stopped: "You stopped the scene here.",
  partial: "The writing broke off here.",
  interrupted: "The server was stopped while this scene was being written.",
};

/** Scenes of which there may be more. */
const UNFINISHED = new Set(["stopped", "partial", "interrupted"]);

/**
 * Dispatches `listen` (a CustomEvent whose `detail` is the sentence to begin with), `continue` (go on writing),
 * `join` (listen here to what is told elsewhere) and `delete`.
 */
export class SceneView extends EventTarget {
  text = new SceneText();
  /** @type {SceneAudio | null} What was stored, once it was asked for. */
  audio = null;
  #scene;
  #heading;
  #note = element("p", { class: "scene-note" });
  #holes = element("p", { class: "scene-note" });
  #elsewhere = element("p", { class: "scene-note", role: "status" });
  #trouble = element("p", { class: "notice", role: "alert" });
  #listen = this.#button("listen", 0);
  #continue = this.#button("continue");
  #join = this.#button("join");
  #delete = this.#button("delete");
  #actions = element("div", { class: "scene-actions" }, this.#join, this.#listen, this.#continue, this.#delete);
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
    this.#continue.append(icon("edit"), "Continue writing");
    this.#continue.setAttribute("aria-label", `Continue writing ${this.title}`);
    this.#join.append(icon("sound"), "Listen here");
    this.#listen.hidden = true;
    this.#join.hidden = true;
    this.text.element.lang = language;
    this.text.element.addEventListener("click", (event) => this.#clicked(event));
    this.element = element("article", { class: "scene", "aria-labelledby": id }, this.#heading);
    if (scene.prompt !== "") {
      this.element.append(element("p", { class: "scene-prompt" }, scene.prompt));
    }
    this.element.append(this.text.element, this.#note, this.#holes);
    this.element.append(this.#elsewhere, this.#trouble, this.#actions);
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
    this.#continue.hidden = !UNFINISHED.has(scene.state);
  }

  /** The text is all there. */
  showWritten() {
    this.element.classList.remove("writing");
    this.#note.textContent = "";
  }

  /** @param {SceneAudio} audio */
  showAudio(audio) {
    this.audio = audio;
    for (const { number, text, start, end, skipped } of audio.sentences) {
      this.text.mark(number, start, end);
      if (skipped !== null) this.showHole(number, text, skipped === SKIPPED ? "skipped while it was told" : skipped);
    }
    const playable = audio.sentences.some(({ url }) => url !== null);
    this.#listen.hidden = !playable;
    this.#listen.replaceChildren(icon("play"), `Listen · ${clock(audio.duration_ms)}`);
    this.#listen.setAttribute("aria-label", `Listen to ${this.title}`);
    this.#showPlayable();
  }

  /** @param {number} first From this sentence on, the scene is spoken anew. */
  forgetFrom(first) {
    if (this.audio === null || this.audio.sentences.every(({ number }) => number < first)) return;
    const kept = this.audio.sentences.filter(({ number }) => number < first);
    const { text } = this.text;
    this.text.update("");
    this.text.update(text);
    this.#unspoken.clear();
    this.#holes.textContent = "";
    this.showAudio({ ...this.audio, sentences: kept });
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
    this.#showPlayable();
  }

  /** @param {boolean} telling Whether the scene is told here, and has to be left alone. */
  showTelling(telling) {
    this.#actions.hidden = telling;
  }

  /** @param {boolean} elsewhere Whether the scene is told in another window, and can be heard here instead. */
  showElsewhere(elsewhere) {
    this.#join.hidden = !elsewhere;
    this.#elsewhere.textContent = elsewhere ? "This scene is being told in another window." : "";
  }

  /** @param {string} message Empty for none. */
  showTrouble(message) {
    this.#trouble.textContent = message;
  }

  /** Brings the scene to the keyboard. */
  focus() {
    this.#heading.focus({ preventScroll: true });
  }

  /** Brings the scene to the reader: to the eye, and to the keyboard. */
  visit() {
    this.focus();
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.element.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
  }

  #showPlayable() {
    const playable = !this.#listen.hidden || this.element.classList.contains("playing");
    this.text.element.classList.toggle("playable", playable);
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    // Not where the reader has only selected some words.
    const selected = getSelection()?.isCollapsed === false;
    const sentence = this.text.sentenceAt(event.target);
    if (sentence !== null && !selected) this.#ask("listen", sentence);
  }

  /**
   * @param {Wish} what
   * @param {number} [from]
   */
  #button(what, from) {
    return element("button", { type: "button", class: "quiet", onclick: () => this.#ask(what, from) });
  }

  /**
   * @param {Wish} what
   * @param {number} [from]
   */
  #ask(what, from) {
    this.dispatchEvent(new CustomEvent(what, { detail: from }));
  }
}
