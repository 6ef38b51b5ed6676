// @ts-check
// The scenes of a story as they stand on its page, and what the server knows of each.

import { element } from "../dom.js";
import { untilWritten } from "../narrate/until_written.js";
import { ask } from "../parts/dialog.js";
import { editScene } from "../parts/scene_editor.js";
import { SceneView } from "../parts/scene_view.js";
import { ApiError, inWords } from "../wire/api_error.js";

/** @typedef {import("../wire/protocol.js").Scene} Scene */

/** Scenes this near to the window are asked for their audio. */
const NEAR = "600px";

export class SceneList {
  element = element("div", { class: "scenes" });
  #parts;
  #api;
  #language = "en";
  #leaving = new AbortController();
  /** @type {Map<Element, SceneView>} */
  #views = new Map();
  /** @type {WeakMap<SceneView, Promise<void>>} The last time that each was asked for. */
  #asked = new WeakMap();
  #near = new IntersectionObserver((entries) => this.#came(entries), { rootMargin: NEAR });

  /**
   * @param {object} parts
   * @param {import("../wire/api.js").Api} parts.api
   * @param {import("../settings.js").Settings} parts.settings
   */
  constructor(parts) {
    this.#parts = parts;
    this.#api = parts.api;
    const { signal } = this.#leaving;
    parts.settings.addEventListener("change", () => this.#settingsChanged(), { signal });
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

  /** Is aborted when the reader leaves. */
  get leaving() {
    return this.#leaving.signal;
  }

  /** @param {string} language What the story is written in. */
  speak(language) {
    this.#language = language;
  }

  /** @param {Scene} scene */
  add(scene) {
    const view = new SceneView(this.#parts, scene, this.#language);
    const later = [...this.#views.values()].find((it) => it.scene.number > scene.number);
    this.#views.set(view.element, view);
    this.element.insertBefore(view.element, later?.element ?? null);
    this.#near.observe(view.element);
    return view;
  }

  /** @param {number} sceneId */
  find(sceneId) {
    return [...this.#views.values()].find(({ scene }) => scene.id === sceneId) ?? null;
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
      await this.refresh(view);
      return !this.closed;
    } catch (error) {
      view.showTrouble(inWords(error));
      return false;
    }
  }

  /** @param {SceneView} view */
  async edit(view) {
    const { title, scene } = view;
    await editScene(title, scene.text, this.#language, async (text) => {
      view.update(await this.#api.changeScene(scene.id, text));
    });
    await this.refresh(view);
  }

  /**
   * Shows what the server has of a scene's audio.
   *
   * @param {SceneView} view
   */
  async refresh(view) {
    const asked = this.#findAudio(view, () => this.#asked.get(view) === asked);
    this.#asked.set(view, asked);
    // Where it is asked again meanwhile, that is the answer that counts.
    let last;
    do {
      last = this.#asked.get(view);
      await last;
    } while (last !== this.#asked.get(view));
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
      const next = view.element.nextElementSibling ?? view.element.previousElementSibling;
      this.#views.delete(view.element);
      view.element.remove();
      if (next !== null) this.#views.get(next)?.focus();
    }
    return sure;
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #came(entries) {
    for (const { isIntersecting, target } of entries) {
      const view = this.#views.get(target);
      if (!isIntersecting || view === undefined) continue;
      this.#near.unobserve(target);
      if (view.scene.state !== "writing") void this.refresh(view);
    }
  }

  /**
   * @param {SceneView} view
   * @param {() => boolean} isNewest Whether nobody has asked again meanwhile.
   */
  async #findAudio(view, isNewest) {
    const { id } = view.scene;
    try {
      const [narration, audio] = await Promise.all([
        this.#api.narration(id),
        this.#api.sceneAudio(id).catch(noneIfMissing),
      ]);
      if (isNewest() && !this.closed) view.showAudio(narration, audio);
    } catch (error) {
      if (isNewest() && !this.closed) view.showTrouble(inWords(error));
    }
  }

  /** Whether audio is as the reader wants it depends on the settings. */
  #settingsChanged() {
    for (const view of this.#views.values()) {
      view.showSettings();
      if (view.narration === null) continue;
      this.#near.unobserve(view.element);
      this.#near.observe(view.element);
    }
  }
}

/**
 * A scene that was never narrated may have no audio.
 *
 * @param {unknown} error
 * @returns {null}
 */
function noneIfMissing(error) {
  if (error instanceof ApiError && error.status === 404) return null;
  throw error;
}
