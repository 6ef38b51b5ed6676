// @ts-check
// The page as a whole: what its parts share, and which of its pages is open.

import { Player } from "./audio/player.js";
import { element } from "./dom.js";
import { icon } from "./icons.js";
import { StoriesPage } from "./pages/stories_page.js";
import { StoryPage } from "./pages/story_page.js";
import { openSettings } from "./parts/settings_dialog.js";
import { askForToken } from "./parts/token_dialog.js";
import { route } from "./router.js";
import { Settings } from "./settings.js";
import { Api } from "./wire/api.js";
import { ApiError, inWords } from "./wire/api_error.js";
import { Notices } from "./wire/notices.js";

/**
 * @typedef {object} Page
 * @property {string} title
 * @property {HTMLElement} element
 * @property {() => Promise<void>} open Fetches what it shows.
 * @property {() => void} close Leaves nothing running, and nothing to be heard.
 */

export class App {
  api = new Api(askForToken);
  player = new Player();
  settings = new Settings(this.api);
  notices = new Notices(this.api);
  #main;
  /** @type {Page | null} */
  #page = null;

  /**
   * @param {HTMLElement} main Where the pages go.
   * @param {HTMLElement} tools Where what is on every page goes.
   */
  constructor(main, tools) {
    this.#main = main;
    const onclick = () => void this.#openSettings();
    tools.append(element("button", { type: "button", class: "quiet", onclick }, icon("settings"), "Settings"));
  }

  start() {
    addEventListener("hashchange", () => void this.#go());
    addEventListener("pagehide", () => {
      this.#leave();
      this.notices.stop();
      void this.player.close();
    });
    // The browser kept the page as it was left, and brings it back.
    addEventListener("pageshow", ({ persisted }) => persisted && void this.#go());
    void this.#go();
  }

  async #go() {
    this.#leave();
    const page = this.#make();
    if (page === null) {
      this.#show(element("p", { class: "notice" }, "There is nothing at this address. "), home());
      return;
    }
    this.#page = page;
    try {
      await page.open();
    } catch (error) {
      if (this.#page !== page) return;
      const words = error instanceof ApiError && error.status === 404 ? "This story does not exist." : inWords(error);
      this.#show(element("p", { class: "notice", role: "alert" }, words), home());
      return;
    }
    if (this.#page !== page) return;  // The reader has gone elsewhere meanwhile.
    this.notices.start();
    document.title = page.title;
    this.#show(page.element);
  }

  /** @returns {Page | null} */
  #make() {
    const where = route(location.hash);
    switch (where.page) {
      case "stories":
        return new StoriesPage(this);
      case "story":
        return new StoryPage(this, where.id);
      case "nowhere":
        return null;
    }
  }

  #leave() {
    this.#page?.close();
    this.#page = null;
  }

  /** @param {...Node} nodes */
  #show(...nodes) {
    const first = this.#main.childElementCount === 0;
    this.#main.replaceChildren(...nodes);
    scrollTo({ top: 0, behavior: "auto" });
    // So that a screen reader notices that the page is another one.
    if (!first) this.#main.focus({ preventScroll: true });
  }

  async #openSettings() {
    try {
      await openSettings(this);
    } catch (error) {
      const words = element("p", { class: "notice", role: "alert" }, inWords(error));
      this.#main.prepend(words);
    }
  }
}

function home() {
  return element("a", { class: "back", href: "#/" }, icon("back"), "All stories");
}
