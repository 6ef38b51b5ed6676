// @ts-check
// A story: its scenes to read and to hear, and the next one to be told.

import { Player } from "../audio/player.js";
import { element } from "../dom.js";
import { Stage } from "../narrate/stage.js";
import { Composer } from "../parts/composer.js";
import { PlayerBar } from "../parts/player_bar.js";
import { StoryHead, storyTitle } from "../parts/story_head.js";
import { inWords } from "../wire/api_error.js";
import { SceneList } from "./scene_list.js";
import { Speaker } from "./speaker.js";
import { Teller, toldNow } from "./teller.js";
import { Writer } from "./writer.js";

/** @typedef {import("../parts/composer.js").Wish} Wish */
/** @typedef {import("../parts/scene_view.js").SceneView} SceneView */
/** @typedef {import("../wire/protocol.js").Notice} Notice */
/** @typedef {import("../wire/protocol.js").Scene} Scene */

export class StoryPage {
  title = "Narration";
  #app;
  #id;
  #leaving = new AbortController();
  #scenes;
  #composer;
  /** @type {StoryHead | null} Null before the story is there. */
  #head = null;
  #bar = new PlayerBar();
  #stage;
  #teller;
  #speaker;
  #writer;
  element = element("div", { class: "story-page" });

  /**
   * @param {import("../app.js").App} app
   * @param {number} id
   */
  constructor(app, id) {
    const { api, notices, player, settings } = app;
    this.#app = app;
    this.#id = id;
    this.#scenes = new SceneList({ api, settings });
    this.#composer = new Composer(settings);
    this.#stage = new Stage({ api, player, bar: this.#bar });
    this.#teller = new Teller({
      api,
      stage: this.#stage,
      scenes: this.#scenes,
      onBusy: (busy) => {
        this.#composer.showBusy(busy);
        this.#head?.look();
      },
    });
    this.#speaker = new Speaker({ api, notices, stage: this.#stage, scenes: this.#scenes });
    this.#writer = new Writer({ api, storyId: id, scenes: this.#scenes });
    this.#composer.addEventListener("wish", (event) => {
      void this.#tell(/** @type {CustomEvent<Wish>} */ (event).detail);
    });
    const { signal } = this.#leaving;
    settings.addEventListener("change", () => this.#composer.showSettings(), { signal });
    notices.addEventListener("notice", (event) => {
      void this.#told(/** @type {CustomEvent<Notice>} */ (event).detail);
    }, { signal });
  }

  async open() {
    const { api, settings } = this.#app;
    const [story, scenes, sessions] = await Promise.all([
      api.story(this.#id),
      api.scenes(this.#id),
      api.sessions(),
      settings.load(),
    ]);
    this.title = storyTitle(story);
    this.#scenes.speak(story.language);
    this.#head = new StoryHead(api, story, this.#leaving.signal);
    this.element.append(this.#head.element, this.#scenes.element, this.#composer.element, this.#bar.element);
    for (const scene of scenes) {
      const view = this.#add(scene);
      const session = toldNow(sessions, scene);
      if (session !== undefined) void this.#teller.comeBack(view, session);
      else if (scene.state === "writing") void this.#scenes.watch(view);
    }
  }

  close() {
    this.#leaving.abort();
    this.#scenes.close();
    this.#stage.close();
  }

  /** @param {Scene} scene */
  #add(scene) {
    const view = this.#scenes.add(scene);
    view.addEventListener("listen", (event) => {
      void this.#speaker.listen(view, /** @type {CustomEvent<number | null>} */ (event).detail);
    });
    view.addEventListener("narrate", () => void this.#speaker.narrate(view));
    view.addEventListener("cancel", () => void this.#speaker.cancel(view));
    view.addEventListener("edit", () => void this.#edit(view));
    view.addEventListener("continue", () => void this.#continue(view));
    view.addEventListener("join", () => void this.#teller.takeOver(view));
    view.addEventListener("delete", () => void this.#delete(view));
    return view;
  }

  /** @param {Wish} wish */
  async #tell({ prompt, way }) {
    this.#composer.showTrouble("");
    this.#composer.showBusy(true);
    try {
      const view = way === "whole" ? await this.#write(prompt) : await this.#begin(prompt, way === "aloud");
      this.#composer.clear();
      view?.visit();
    } catch (error) {
      if (this.#scenes.closed) return;
      this.#composer.showTrouble(inWords(error));
      this.#composer.showBusy(false);
      this.#composer.focus();
    }
  }

  /**
   * @param {string} prompt
   * @param {boolean} aloud
   */
  #begin(prompt, aloud) {
    const asked = this.#app.api.tell(this.#id, prompt, aloud && Player.obstacle === null);
    return this.#teller.begin(asked, aloud, ({ scene_id }) => {
      return this.#add(newScene(scene_id, this.#id, this.#scenes.nextNumber, prompt));
    });
  }

  /**
   * A scene that is shown when it is there, and then plays by itself if the reader wants that.
   *
   * @param {string} prompt
   */
  async #write(prompt) {
    // Now, while the browser still counts this as the click.
    if (Player.obstacle === null) void this.#stage.unlock();
    const { scene, watched } = await this.#writer.write(prompt);
    const view = this.#scenes.find(scene.id) ?? this.#add(scene);
    this.#composer.showBusy(false);
    if (scene.narration !== null) this.#speaker.expect(view);
    return watched ? view : null;
  }

  /** @param {Notice} notice What the server tells by itself, of whichever scene. */
  async #told(notice) {
    if (notice.story_id !== this.#id) return;
    if (notice.type !== "tts_progress") this.#head?.look();
    const view = this.#scenes.find(notice.scene_id);
    if (view !== null) this.#speaker.told(view, notice);
    else if (notice.type !== "tts_stopped") await this.#find(notice.scene_id);
  }

  /** @param {number} sceneId A scene that was written elsewhere. */
  async #find(sceneId) {
    const scene = await this.#app.api.scene(sceneId).catch(() => null);
    if (scene !== null && !this.#scenes.closed && this.#scenes.find(sceneId) === null) this.#add(scene);
  }

  /** @param {SceneView} view A scene that broke off. */
  async #continue(view) {
    const { api, settings } = this.#app;
    const aloud = settings.value.tts_enabled;
    view.showTelling(true);
    try {
      const asked = api.continueScene(view.scene.id, aloud && Player.obstacle === null);
      await this.#teller.begin(asked, aloud, () => {
        view.update({ ...view.scene, state: "writing" });
        return view;
      });
      view.focus();
    } catch (error) {
      view.showTelling(false);
      view.showTrouble(inWords(error));
    }
  }

  /** @param {SceneView} view */
  async #edit(view) {
    await this.#scenes.edit(view);
    this.#head?.look();
  }

  /** @param {SceneView} view */
  async #delete(view) {
    const gone = await this.#scenes.delete(view);
    if (!gone) return;
    if (view.element.classList.contains("playing")) this.#stage.silence();
    this.#head?.look();
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
