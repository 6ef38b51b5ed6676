// @ts-check
// The top of a story's page: what it is called, what it is about, and how to change or delete it.

import { element } from "../dom.js";
import { icon } from "../icons.js";
import { Audiobook } from "./audiobook.js";
import { ask } from "./dialog.js";
import { StoryForm } from "./story_form.js";

/** @typedef {import("../wire/protocol.js").Story} Story */

export class StoryHead {
  #api;
  #story;
  #audiobook;
  #title = element("h1");
  #premise = element("p", { class: "premise" });
  element;

  /**
   * @param {import("../wire/api.js").Api} api
   * @param {Story} story
   * @param {AbortSignal} leaving
   */
  constructor(api, story, leaving) {
    this.#api = api;
    this.#story = story;
    this.#audiobook = new Audiobook(api, story, leaving);
    this.element = element(
      "header",
      { class: "story-head" },
      element("a", { class: "back", href: "#/" }, icon("back"), "All stories"),
      this.#title,
      this.#premise,
      element(
        "div",
        { class: "story-actions" },
        this.#audiobook.button,
        button(() => void this.#edit(), "edit", "Edit"),
        button(() => void this.#delete(), "trash", "Delete story"),
      ),
      this.#audiobook.element,
    );
    this.#show();
  }

  /** Something of the story is another now: its audiobook may be outdated. */
  look() {
    this.#audiobook.look();
  }

  #show() {
    const { title, premise, language } = this.#story;
    this.#title.textContent = title;
    this.#title.lang = language;
    this.#premise.textContent = premise;
    this.#premise.lang = language;
  }

  async #edit() {
    const form = new StoryForm(this.#story);
    await ask({
      title: "Edit the story",
      content: form.fields,
      action: "Save",
      onYes: async () => {
        this.#story = await this.#api.changeStory(this.#story.id, form.value);
      },
    });
    this.#show();
    this.look();
    document.title = storyTitle(this.#story);
  }

  async #delete() {
    const gone = await ask({
      title: `Delete “${this.#story.title}”?`,
      content: [element("p", {}, "All its scenes and their narration will be gone for good.")],
      action: "Delete",
      look: "danger",
      onYes: () => this.#api.deleteStory(this.#story.id),
    });
    if (gone) location.hash = "#/";
  }
}

/**
 * @param {() => void} onclick
 * @param {Parameters<typeof icon>[0]} image
 * @param {string} words
 */
function button(onclick, image, words) {
  return element("button", { type: "button", class: "quiet", onclick }, icon(image), words);
}

/** @param {Story} story */
export function storyTitle({ title }) {
  return `${title} · Narration`;
}
