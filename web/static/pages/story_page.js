// @ts-check
// A story: its scenes to read and to hear, and the next one to be told.

import { element } from "../dom.js";
import { Stage } from "../narrate/stage.js";
import { untilWritten } from "../narrate/until_written.js";
import { Composer } from "../parts/composer.js";
import { ask } from "../parts/dialog.js";
import { PlayerBar } from "../parts/player_bar.js";
import { SceneView } from "../parts/scene_view.js";
import { StoryHead, storyTitle } from "../parts/story_head.js";
import { ApiError, inWords } from "../wire/api_error.js";

/** @typedef {import("../wire/protocol.js").Scene} Scene */

/** Scenes this near to the window are asked for their audio. */
const NEAR = "600px";

export class StoryPage {
  title = "Narration";
  #app;
  #id;
  #leaving = new AbortController();
  #language = "en";
  #scenes = element("div", { class: "scenes" });
  #composer;
  #bar = new PlayerBar();
  #stage;
  /** @type {Map<Element, SceneView>} */
  #views = new Map();
  #near = new IntersectionObserver((entries) => this.#came(entries), { rootMargin: NEAR });
  element = element("div", { class: "story-page" });

  /**
   * @param {import("../app.js").App} app
   * @param {number} id
   */
  constructor(app, id) {
    this.#app = app;
    this.#id = id;
    this.#composer = new Composer(app.settings);
    this.#stage = new Stage({ api: app.api, player: app.player, bar: this.#bar });
    this.#composer.addEventListener("tell", (event) => {
      const { prompt, aloud } = /** @type {CustomEvent<import("../parts/composer.js").Wish>} */ (event).detail;
      void this.#tell(prompt, aloud);
    });
    const { signal } = this.#leaving;
    app.settings.addEventListener("change", () => this.#composer.showSettings(), { signal });
  }

  async open() {
    const { api, settings } = this.#app;
    const [story, scenes] = await Promise.all([api.story(this.#id), api.scenes(this.#id), settings.load()]);
    this.title = storyTitle(story);
    this.#language = story.language;
    const head = new StoryHead(api, story);
    this.element.append(head.element, this.#scenes, this.#composer.element, this.#bar.element);
    for (const scene of scenes) {
      const view = this.#add(scene);
      if (scene.state === "writing") void this.#watch(view);
    }
  }

  close() {
    this.#leaving.abort();
    this.#near.disconnect();
    this.#stage.close();
  }

  #nextNumber() {
    const numbers = [...this.#views.values()].map(({ scene }) => scene.number);
    return Math.max(0, ...numbers) + 1;
  }

  /** @param {Scene} scene */
  #add(scene) {
    const view = new SceneView(scene, this.#language);
    view.addEventListener("listen", (event) => {
      void this.#listen(view, /** @type {CustomEvent<number>} */ (event).detail);
    });
    view.addEventListener("delete", () => void this.#deleteScene(view));
    this.#views.set(view.element, view);
    this.#scenes.append(view.element);
    this.#near.observe(view.element);
    return view;
  }

  /**
   * @param {string} prompt
   * @param {boolean} aloud
   */
  async #tell(prompt, aloud) {
    const { api } = this.#app;
    this.#composer.showTrouble("");
    this.#composer.showBusy(true);
    const { obstacle } = this.#stage;
    const heard = aloud && obstacle === null;
    try {
      // Both at once, while the browser still counts this as the click.
      const [session] = await Promise.all([
        api.tell(this.#id, prompt, heard),
        heard ? this.#stage.unlock() : undefined,
      ]);
      if (this.#leaving.signal.aborted) return;
      const view = this.#add(newScene(session.scene_id, this.#id, this.#nextNumber(), prompt));
      if (aloud) view.showTrouble(obstacle ?? "");
      this.#composer.clear();
      this.#stage.tell(session, view, heard, (outcome) => void this.#written(view, outcome));
      view.visit();
    } catch (error) {
      this.#composer.showTrouble(inWords(error));
      this.#composer.showBusy(false);
    }
  }

  /**
   * @param {SceneView} view The scene that was being told.
   * @param {import("../narrate/live_narration.js").Outcome} outcome
   */
  async #written(view, outcome) {
    const lost = outcome === "lost";
    if (lost) view.showTrouble("The connection was lost. The server goes on writing, and the text follows here.");
    const found = await this.#watch(view);
    if (found && lost) view.showTrouble("The connection was lost while this was told. The text is complete.");
    this.#composer.showBusy(false);
  }

  /**
   * Follows a scene that others write, to its end.
   *
   * @param {SceneView} view
   */
  async #watch(view) {
    const { signal } = this.#leaving;
    try {
      await untilWritten(this.#app.api, view.scene.id, (scene) => view.update(scene), signal);
      await this.#findAudio(view);
      return true;
    } catch (error) {
      view.showTrouble(inWords(error));
      return false;
    }
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
      view.showAudio(await this.#app.api.sceneAudio(view.scene.id));
    } catch (error) {
      // A scene that was never narrated may have none.
      if (!(error instanceof ApiError) || error.status !== 404) view.showTrouble(inWords(error));
    }
  }

  /**
   * @param {SceneView} view
   * @param {number} from
   */
  async #listen(view, from) {
    view.showTrouble(this.#stage.obstacle ?? "");
    if (this.#stage.obstacle !== null) return;
    try {
      await this.#stage.unlock();
      await this.#stage.replay(view, from);
    } catch (error) {
      view.showTrouble(inWords(error));
    }
  }

  /** @param {SceneView} view */
  async #deleteScene(view) {
    const sure = await ask({
      title: `Delete ${view.title}?`,
      content: [element("p", {}, "Its text and its narration will be gone for good.")],
      action: "Delete",
      look: "danger",
      onYes: () => this.#app.api.deleteScene(view.scene.id),
    });
    if (!sure) return;
    if (view.element.classList.contains("playing")) this.#stage.silence();
    this.#views.delete(view.element);
    view.element.remove();
  }
}

/**
 * A live scene as it begins, before the server is asked what it has of it.
 *
 * @param {number} id
 * @param {number} storyId
 * @param {number} number
 * @param {string} prompt
 * @returns {Scene}
 */
function newScene(id, storyId, number, prompt) {
  const now = new Date().toISOString();
  return { id, story_id: storyId, number, prompt, text: "", state: "writing", created_at: now, updated_at: now };
}
