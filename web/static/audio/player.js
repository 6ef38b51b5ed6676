// @ts-check
// The page's way to the loudspeaker: one audio context, started inside a click.

import { audioContext } from "./context.js";
import { PlayerNode } from "./player_node.js";

/** The end of a voice is still on its way to the ear when the last sample is handed over. */
const REST_AFTER_MS = 1_000;

/** A browser that lets sound through at all does so within this time. */
const PATIENCE_MS = 300;

/** Dispatches `change` when the browser lets sound through, or no longer does. */
export class Player extends EventTarget {
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {Promise<void>} */
  #loaded = Promise.resolve();
  #resting = 0;

  /** Why nothing can be heard on this page, in words; null if it can. */
  static get obstacle() {
    // Browsers have no audio worklets on a page that came unencrypted.
    return "audioWorklet" in AudioContext.prototype
      ? null
      : "This browser plays no narration on an unencrypted page. Open it over HTTPS, or on the server's own machine.";
  }

  /**
   * Makes sound possible.  Browsers allow it only inside a click or a key press.
   *
   * @returns {Promise<void>} Kept when narrations can be opened, though they may be `blocked`.
   */
  async unlock() {
    clearTimeout(this.#resting);
    if (this.#context === null) this.#create();
    // Refused or left waiting outside of a click; `blocked` tells.
    const resumed = this.#context?.resume().catch(() => undefined);
    const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
    await Promise.all([this.#loaded, Promise.race([resumed, patience])]);
  }

  /** Whether the browser holds the sound back: before a click, or while a phone rings. */
  get blocked() {
    return this.#context !== null && this.#context.state !== "running";
  }

  /** A new narration's sound; `unlock` comes before. */
  open() {
    if (this.#context === null) throw new Error("unlock the player first");
    clearTimeout(this.#resting);
    return new PlayerNode(this.#context);
  }

  /** Nothing is to be heard for now: save the listener's battery. */
  rest() {
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => void this.#context?.suspend(), REST_AFTER_MS);
  }

  /**
   * Holds what is heard, while the reader listens to something else.
   *
   * @returns {() => void} Lets it go on.
   */
  still() {
    const context = this.#context;
    if (context === null || context.state !== "running") return () => undefined;
    void context.suspend();
    return () => {
      if (context.state !== "closed") void context.resume();
    };
  }

  async close() {
    clearTimeout(this.#resting);
    const context = this.#context;
    this.#context = null;
    await context?.close();
  }

  #create() {
    const context = audioContext();
    context.onstatechange = () => this.dispatchEvent(new Event("change"));
    this.#context = context;
    this.#loaded = context.audioWorklet.addModule(new URL("player_processor.js", import.meta.url));
    // The next click tries anew.
    this.#loaded.catch(() => this.close());
  }
}
