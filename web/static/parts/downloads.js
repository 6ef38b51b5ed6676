// @ts-check
// A scene's files to take along, as links that unfold.

import { element } from "../dom.js";
import { icon } from "../icons.js";
import { fileLink } from "./file_link.js";

/** @type {[string, string][]} */
const FILES = [
  ["MP3", "audio.mp3"],
  ["Opus", "audio.opus"],
  ["WAV", "audio.wav"],
  ["Captions (VTT)", "captions.vtt"],
  ["Captions (SRT)", "captions.srt"],
];

export class Downloads {
  #status = element("p", { class: "hint", role: "status" });
  #trouble = element("p", { class: "notice", role: "alert" });
  #unfold;
  element;

  /**
   * @param {import("../wire/api.js").Api} api
   * @param {import("../wire/protocol.js").Scene} scene
   * @param {string} title
   */
  constructor(api, scene, title) {
    const links = FILES.map(([words, file]) => {
      const path = `/api/scenes/${scene.id}/${file}`;
      const name = `${title}${file.slice(file.lastIndexOf("."))}`;
      return element("li", {}, fileLink(api, { words, path, name }, (told, trouble) => this.#tell(told, trouble)));
    });
    const id = `files-${scene.id}`;
    this.element = element(
      "div",
      { class: "downloads", id, hidden: true },
      element("ul", { "aria-label": `Files of ${title}` }, ...links),
      this.#status,
      this.#trouble,
    );
    this.#unfold = element(
      "button",
      { type: "button", class: "quiet", "aria-expanded": "false", "aria-controls": id },
      icon("download"),
      "Download",
    );
    this.#unfold.setAttribute("aria-label", `Download ${title}`);
    this.#unfold.addEventListener("click", () => this.#show(this.element.hidden));
  }

  /** Shows the links, and hides them again. */
  get button() {
    return this.#unfold;
  }

  /** @param {boolean} offered Whether there are files at all. */
  offer(offered) {
    this.#unfold.hidden = !offered;
    if (!offered) this.#show(false);
  }

  /** @param {boolean} shown */
  #show(shown) {
    this.element.hidden = !shown;
    this.#unfold.setAttribute("aria-expanded", String(shown));
  }

  /**
   * @param {string} words
   * @param {boolean} trouble
   */
  #tell(words, trouble) {
    this.#status.textContent = trouble ? "" : words;
    this.#trouble.textContent = trouble ? words : "";
  }
}
