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
import { Teller, toldNow } from "./teller.js";

/** @typedef {import("../parts/composer.js").Wish} Wish */
/** @typedef {import("../parts/scene_view.js").SceneView} SceneView */
/** @typedef {import("../wire/protocol.js").Scene} Scene */

export class StoryPage {
  title = "Narration";
  #app;
  #id;
  #leaving = new AbortController();
  #scenes;
  #composer;
  #bar = new PlayerBar();
  #stage;
  #teller;
  element = element("div", { class: "story-page" });

  /**
   * @param {import("../app.js").App} app
   * @param {number} id
   */
  constructor(app, id) {
    const { api, player, settings } = app;
    this.#app = app;
    this.#id = id;
    this.#scenes = new SceneList(api);
    this.#composer = new Composer(settings);
    this.#stage = new Stage({ api, player, bar: this.#bar });
    this.#teller = new Teller({
      api,
      stage: this.#stage,
      scenes: this.#scenes,
      onBusy: (busy) => this.#composer.showBusy(busy),
    });
    this.#composer.addEventListener("tell", (event) => {
      void this.#tell(/** @type {CustomEvent<Wish>} */ (event).detail);
    });
    const { signal } = this.#leaving;
    settings.addEventListener("change", () => this.#composer.showSettings(), { signal });
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
    const head = new StoryHead(api, story);
    this.element.append(head.element, this.#scenes.element, this.#composer.element, this.#bar.element);
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
      void this.#listen(view, /** @type {CustomEvent<number>} */ (event).detail);
    });
    view.addEventListener("continue", () => void this.#continue(view));
    view.addEventListener("join", () => void this.#teller.takeOver(view));
    view.addEventListener("delete", () => void this.#delete(view));
    return view;
  }

  /** @param {Wish} wish */
  async #tell({ prompt, aloud }) {
    this.#composer.showTrouble("");
    this.#composer.showBusy(true);
    const asked = this.#app.api.tell(this.#id, prompt, aloud && Player.obstacle === null);
    try {
      const view = await this.#teller.begin(asked, aloud, ({ scene_id }) => {
        return this.#add(newScene(scene_id, this.#id, this.#scenes.nextNumber, prompt));
      });
      this.#composer.clear();
      view?.visit();
    } catch (error) {
      this.#composer.showTrouble(inWords(error));
      this.#composer.showBusy(false);
    }
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

  /**
   * @param {SceneView} view
   * @param {number} from
   */
  async #listen(view, from) {
    if (this.#stage.seek(view, from)) return;
    view.showTrouble(Player.obstacle ?? "");
    if (Player.obstacle !== null) return;
    try {
      await this.#stage.unlock();
      await this.#stage.replay(view, from);
    } catch (error) {
      view.showTrouble(inWords(error));
    }
  }

  /** @param {SceneView} view */
  async #delete(view) {
    const gone = await this.#scenes.delete(view);
    if (gone && view.element.classList.contains("playing")) this.#stage.silence();
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
