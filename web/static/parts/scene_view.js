// @ts-check
// One scene on a story's page: its text, what became of it, and what can be done with it.

import { element, keepFocus } from "../dom.js";
import { SceneText } from "../text/scene_text.js";
import { SKIPPED } from "../wire/protocol.js";
import { clock } from "./clock.js";
import { Downloads } from "./downloads.js";
import { narrationOffer } from "./narration_offer.js";
import { NarrationProgress } from "./narration_progress.js";
import { SceneActions } from "./scene_actions.js";

/** @typedef {import("../wire/protocol.js").Narration} Narration */
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

/** Scenes of which there may be more. */
const UNFINISHED = new Set(["stopped", "partial", "interrupted"]);

/**
 * Dispatches `listen` (a CustomEvent whose `detail` is the sentence to begin with; null for the first that there
 * is), `narrate` (have it spoken), `cancel` (no longer), `continue` (go on writing), `join` (listen here to what is
 * told elsewhere), `edit` and `delete`.
 */
export class SceneView extends EventTarget {
  text = new SceneText();
  /** @type {SceneAudio | null} What was stored, once it was asked for. */
  audio = null;
  /** @type {Narration | null} What has become of its audio, once it was asked for. */
  narration = null;
  #settings;
  #scene;
  #heading;
  #note = element("p", { class: "scene-note" });
  #holes = element("p", { class: "scene-note" });
  #elsewhere = element("p", { class: "scene-note", role: "status" });
  #outage = element("p", { class: "scene-note", role: "status" });
  #failure = element("p", { class: "notice", role: "alert" });
  #trouble = element("p", { class: "notice", role: "alert" });
  #progress;
  #downloads;
  #actions;
  /** @type {Map<number, string>} Sentences without sound, and why. */
  #unspoken = new Map();

  /**
   * @param {object} parts
   * @param {import("../wire/api.js").Api} parts.api
   * @param {import("../settings.js").Settings} parts.settings
   * @param {Scene} scene
   * @param {string} language
   */
  constructor({ api, settings }, scene, language) {
    super();
    this.#settings = settings;
    this.#scene = scene;
    const id = `scene-${scene.id}`;
    this.#heading = element("h2", { id, tabindex: -1 }, this.title);
    this.#progress = new NarrationProgress(this.title, () => this.#ask("listen"), () => this.#ask("cancel"));
    this.#downloads = new Downloads(api, scene, this.title);
    this.#actions = new SceneActions(this.title, this.#downloads.button, (wish) => {
      this.#ask(wish, wish === "listen" ? 0 : null);
    });
    this.text.element.lang = language;
    this.text.element.addEventListener("click", (event) => this.#clicked(event));
    this.element = element("article", { class: "scene", "aria-labelledby": id }, this.#heading);
    if (scene.prompt !== "") {
      this.element.append(element("p", { class: "scene-prompt" }, scene.prompt));
    }
    const notes = [this.#note, this.#holes, this.#outage, this.#elsewhere, this.#failure, this.#trouble];
    this.element.append(this.text.element, ...notes);
    this.element.append(this.#progress.element, this.#actions.element, this.#downloads.element);
    this.update(scene);
  }

  get scene() {
    return this.#scene;
  }

  get title() {
    return `Scene ${this.#scene.number}`;
  }

  /** Whether its audio is made now, of text that was there before. */
  get making() {
    if (this.narration === null) return false;
    const { state, occasion } = this.narration;
    return state === "speaking" && occasion !== "live";
  }

  /** @param {Scene} scene The same one, as it is now. */
  update(scene) {
    this.#scene = scene;
    const { text, state } = scene;
    this.text.update(text);
    this.#note.textContent = this.#isEmpty && state !== "writing" ? "Nothing was written." : STATES[state];
    this.element.classList.toggle("writing", state === "writing");
    this.#actions.offerChanges(state !== "writing");
    this.#actions.offerContinuing(UNFINISHED.has(state));
    this.#showOffers();
  }

  /** The text is all there. */
  showWritten() {
    this.element.classList.remove("writing");
    this.#note.textContent = "";
  }

  /**
   * @param {Narration} narration
   * @param {SceneAudio | null} stored Null if there is none.
   */
  showAudio(narration, stored) {
    // What is outdated is of another text.
    const audio = narration.state === "outdated" ? null : stored;
    this.narration = narration;
    this.audio = audio;
    this.#unspoken.clear();
    this.#holes.textContent = "";
    this.text.forgetHoles();
    this.text.markAll(audio?.sentences ?? []);
    for (const { number, text, skipped } of audio?.sentences ?? []) {
      if (skipped !== null) this.showHole(number, text, skipped === SKIPPED ? "skipped while it was told" : skipped);
    }
    const why = narration.message === null ? "." : `: ${narration.message}`;
    this.#failure.textContent = narration.state === "failed" ? `The narration failed${why}` : "";
    this.#change(() => {
      if (this.making) this.#progress.show(narration);
      else this.#progress.hide();
      this.#showAnswered();
      this.#showOffers();
    });
  }

  /** What the settings allow is something else now. */
  showSettings() {
    this.#showOffers();
  }

  /** The reader wants it spoken, and the server has not answered yet. */
  showNarrationAsked() {
    this.#failure.textContent = "";
    this.#change(() => this.#actions.showAsked(true));
  }

  /** The reader wants it spoken no more, and the server has not answered yet. */
  showCancelling() {
    this.#change(() => this.#progress.showCancelling(true));
  }

  /** @param {Pick<Narration, "sentences_done" | "total_sentences">} progress */
  showProgress(progress) {
    if (this.making) this.#progress.show(progress);
  }

  /** @param {number} first From this sentence on, the scene is spoken anew. */
  forgetFrom(first) {
    this.text.forgetFrom(first);
    for (const number of this.#unspoken.keys()) {
      if (number >= first) this.#unspoken.delete(number);
    }
    this.#showHoles();
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
    this.#showHoles();
  }

  /** @param {boolean} playing */
  showPlaying(playing) {
    this.element.classList.toggle("playing", playing);
    this.#change(() => this.#progress.showPlaying(playing));
    this.#showPlayable();
  }

  /** @param {boolean} telling Whether the scene is told here, and has to be left alone. */
  showTelling(telling) {
    this.#actions.element.hidden = telling;
  }

  /** @param {boolean} elsewhere Whether the scene is told in another window, and can be heard here instead. */
  showElsewhere(elsewhere) {
    this.#actions.offerJoining(elsewhere);
    this.#elsewhere.textContent = elsewhere ? "This scene is being told in another window." : "";
  }

  /** @param {string} message Why nobody can speak just now; empty if somebody can. */
  showOutage(message) {
    this.#outage.textContent = message;
  }

  /** @param {string} message Empty for none. */
  showTrouble(message) {
    this.#trouble.textContent = message;
    // What was asked for is not under way, and can be asked for again.
    if (message !== "") this.#showAnswered();
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

  #showAnswered() {
    this.#actions.showAsked(false);
    this.#progress.showCancelling(false);
  }

  /** @param {() => void} change May take away what the reader is at. */
  #change(change) {
    keepFocus(this.element, this.#heading, change);
  }

  get #isEmpty() {
    return this.#scene.text.trim() === "";
  }

  #showOffers() {
    const { audio, narration } = this;
    const playable = audio !== null && audio.sentences.some(({ url }) => url !== null) && !this.making;
    this.#actions.offerListening(playable ? clock(audio.duration_ms) : null);
    this.#downloads.offer(playable);
    const wanted = this.#settings.value.tts_enabled && !this.#isEmpty && this.#scene.state !== "writing";
    const offer = wanted && narration !== null ? narrationOffer(narration) : null;
    this.#actions.offerNarration(offer?.words ?? null, offer?.why ?? "");
    this.#showPlayable();
  }

  #showPlayable() {
    const playable = this.#actions.playable || this.making || this.element.classList.contains("playing");
    this.text.element.classList.toggle("playable", playable);
  }

  #showHoles() {
    const count = this.#unspoken.size;
    const reasons = [...new Set(this.#unspoken.values())].join("; ");
    const what = count === 1 ? "One sentence was" : `${count} sentences were`;
    this.#holes.textContent = count === 0 ? "" : `${what} not spoken (${reasons}).`;
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    // Not where the reader has only selected some words.
    const selected = getSelection()?.isCollapsed === false;
    const sentence = this.text.sentenceAt(event.target);
    if (sentence !== null && !selected) this.#ask("listen", sentence);
  }

  /**
   * @param {string} what
   * @param {number | null} [from]
   */
  #ask(what, from = null) {
    this.dispatchEvent(new CustomEvent(what, { detail: from }));
  }
}
