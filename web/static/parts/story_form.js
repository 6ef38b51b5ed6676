// @ts-check
// A story's title and premise, to begin one or to change one.

import { element } from "../dom.js";

export class StoryForm {
  #title = element("input", { id: "title", required: true, maxlength: 200, autocomplete: "off" });
  #premise = element("textarea", { id: "premise", rows: 3, maxlength: 4_000 });
  fields = [
    element("div", { class: "field" }, element("label", { for: "title" }, "Title"), this.#title),
    element(
      "div",
      { class: "field" },
      element("label", { for: "premise" }, "Premise ", element("span", { class: "hint" }, "optional")),
      this.#premise,
    ),
  ];

  /** @param {{title: string, premise: string}} [story] */
  constructor(story = { title: "", premise: "" }) {
    this.#title.value = story.title;
    this.#premise.value = story.premise;
    this.#title.placeholder = "The Lighthouse at the End of the Map";
    this.#premise.placeholder = "Who is it about, where are they, and what is about to go wrong?";
  }

  get value() {
    return { title: this.#title.value.trim(), premise: this.#premise.value.trim() };
  }
}
