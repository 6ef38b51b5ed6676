// @ts-check
// The first page: the reader's stories, and a place to begin another.

import { element } from "../dom.js";
import { storyAddress } from "../router.js";
import { ago } from "../parts/clock.js";
import { StoryForm } from "../parts/story_form.js";
import { inWords } from "../wire/api_error.js";

/** @typedef {import("../wire/protocol.js").Story} Story */

export class StoriesPage {
  title = "Narration";
  element = element("div", { class: "stories-page" });
  #api;
  #form = new StoryForm();
  #begin = element("button", { type: "submit", class: "primary" }, "Begin the story");
  #trouble = element("p", { class: "notice", role: "alert" });

  /** @param {import("../app.js").App} app */
  constructor({ api }) {
    this.#api = api;
  }

  async open() {
    const stories = await this.#api.stories();
    const newest = stories.sort((a, b) => b.updated_at.localeCompare(a.updated_at));
    this.element.append(
      element("h1", {}, "Stories that are told while they are written"),
      ...(stories.length > 0 ? [this.#list(newest)] : []),
      this.#newStory(stories.length === 0),
    );
  }

  close() {}

  /** @param {Story[]} stories */
  #list(stories) {
    const items = stories.map((story) => element(
      "li",
      {},
      element(
        "a",
        { class: "story-card", href: storyAddress(story.id), lang: story.language },
        element("h2", {}, story.title),
        element("p", { class: "premise" }, story.premise),
        element("p", { class: "hint", lang: "en" }, ago(story.updated_at)),
      ),
    ));
    return element("ul", { class: "story-list", "aria-label": "Your stories" }, ...items);
  }

  /** @param {boolean} first */
  #newStory(first) {
    return element(
      "form",
      { class: "new-story", onsubmit: (/** @type {Event} */ event) => void this.#create(event) },
      element("h2", {}, first ? "Begin your first story" : "Begin another story"),
      ...this.#form.fields,
      element("div", { class: "buttons" }, this.#begin),
      this.#trouble,
    );
  }

  /** @param {Event} event */
  async #create(event) {
    event.preventDefault();
    this.#begin.disabled = true;
    try {
      const story = await this.#api.createStory(this.#form.value);
      location.hash = storyAddress(story.id);
    } catch (error) {
      this.#trouble.textContent = inWords(error);
    } finally {
      this.#begin.disabled = false;
    }
  }
}
