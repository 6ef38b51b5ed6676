// @ts-check
// The scenes of a story as they stand on its page, and what the server knows of each.

import { element } from "../dom.js";
import { untilWritten } from "../narrate/until_written.js";
import { ask } from "../parts/dialog.js";
import { SceneView } from "../parts/scene_view.js";
import { ApiError, inWords } from "../wire/api_error.js";

/** @typedef {import("../wire/protocol.js").Scene} Scene */

/** Scenes this near to the window are asked for their audio. */
const NEAR = "600px";

export class SceneList {
  element = element("div", { class: "scenes" });
  #api;
  #language = "en";
  #leaving = new AbortController();
  /** @type {Map<Element, SceneView>} */
  #views = new Map();
  #near = new IntersectionObserver((entries) => this.#came(entries), { rootMargin: NEAR });

  /** @param {import("../wire/api.js").Api} api */
  constructor(api) {
    this.#api = api;
  }

  /** Whether the reader has left. */
  get closed() {
    return this.#leaving.signal.aborted;
  }

  /** The number that the next scene has. */
  get nextNumber() {
    const numbers = [...this.#views.values()].map(({ scene }) => scene.number);
    return Math.max(0, ...numbers) + 1;
  }

  /** @param {string} language What the story is written in. */
  speak(language) {
    this.#language = language;
  }

  /** @param {Scene} scene */
  add(scene) {
    const view = new SceneView(scene, this.#language);
    this.#views.set(view.element, view);
    this.element.append(view.element);
    this.#near.observe(view.element);
    return view;
  }

  close() {
    this.#leaving.abort();
    this.#near.disconnect();
  }

  /**
   * Follows a scene that is written without us, to its end.
   *
   * @param {SceneView} view
   * @returns {Promise<boolean>} Whether it came to one.
   */
  async watch(view) {
    try {
      await untilWritten(this.#api, view.scene.id, (scene) => view.update(scene), this.#leaving.signal);
      await this.#findAudio(view);
      return !this.closed;
    } catch (error) {
      view.showTrouble(inWords(error));
      return false;
    }
  }

  /**
   * @param {SceneView} view
   * @returns {Promise<boolean>} Whether the reader was sure.
   */
  async delete(view) {
    const sure = await ask({
      title: `Delete ${view.title}?`,
      content: [element("p", {}, "Its text and its narration will be gone for good.")],
      action: "Delete",
      look: "danger",
      onYes: () => this.#api.deleteScene(view.scene.id),
    });
    if (sure) {
      this.#views.delete(view.element);
      view.element.remove();
    }
    return sure;
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #came(entries) {
    for (const { isIntersecting, target } of entries) {
      const view = this.#views.get(target);
      if (!isIntersecting || view === undefined) continue;
      this.#near.unobserve(target);
      if (view.scene.state !== "writing") void this.#findAudio(view);
    }
  }

  /** @param {SceneView} view */
  async #findAudio(view) {
    try {
      view.showAudio(await this.#api.sceneAudio(view.scene.id));
    } catch (error) {
      // A scene that was never narrated may have none.
      if (!(error instanceof ApiError) || error.status !== 404) view.showTrouble(inWords(error));
    }
  }
}
