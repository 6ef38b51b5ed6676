// @ts-check
// Has a scene written to its end, and keeps its place on the page until it is there.

import { element, keepFocus } from "../dom.js";
import { icon } from "../icons.js";

/** @typedef {import("../wire/protocol.js").WrittenScene} WrittenScene */

/**
 * @typedef {object} WriterParts
 * @property {import("../wire/api.js").Api} api
 * @property {number} storyId
 * @property {import("./scene_list.js").SceneList} scenes
 */

export class Writer {
  #parts;

  /** @param {WriterParts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * @param {string} prompt
   * @returns {Promise<{scene: WrittenScene, watched: boolean}>} `watched`: the reader has waited for it, and done
   *   nothing else.
   */
  async write(prompt) {
    const { api, storyId, scenes } = this.#parts;
    const { place, heading } = this.#place(prompt);
    scenes.element.append(place);
    heading.focus({ preventScroll: true });
    place.scrollIntoView({ block: "nearest" });
    try {
      const scene = await api.write(storyId, prompt, scenes.leaving);
      return { scene, watched: document.activeElement === heading };
    } finally {
      place.remove();
    }
  }

  /** @param {string} prompt */
  #place(prompt) {
    const title = `Scene ${this.#parts.scenes.nextNumber}`;
    const stop = element("button", { type: "button", class: "quiet" }, icon("stop"), "Stop writing");
    stop.addEventListener("click", () => {
      keepFocus(place, heading, () => (stop.disabled = true));
      void this.#stop();
    });
    const heading = element("h2", { tabindex: -1 }, title);
    const place = element(
      "article",
      { class: "scene writing", "aria-busy": "true", "aria-label": title },
      heading,
      ...(prompt === "" ? [] : [element("p", { class: "scene-prompt" }, prompt)]),
      element("div", { class: "scene-text" }),
      element("p", { class: "hint", role: "status" }, "Being written. It is shown here when it is whole."),
      element("div", { class: "scene-actions" }, stop),
    );
    return { place, heading };
  }

  /** The scene ends where it is; what was written of it is shown. */
  async #stop() {
    const { api, storyId, scenes } = this.#parts;
    const sessions = await api.sessions().catch(() => []);
    const here = sessions.filter((it) => it.story_id === storyId && it.state === "writing");
    const ours = here.find((it) => scenes.find(it.scene_id) === null);
    if (ours !== undefined) await api.stop(ours.session_id).catch(() => undefined);
  }
}
