// @ts-check
// A live scene's text as it comes in.  The page may show some of it already, and even more than has come.

export class ToldText {
  #text;
  #told = "";

  /** @param {import("../text/scene_text.js").SceneText} text */
  constructor(text) {
    this.#text = text;
  }

  /** @param {number} point What comes follows this many code points of what is shown. */
  from(point) {
    this.#told = [...this.#text.text].slice(0, point).join("");
  }

  /** @param {string} text */
  add(text) {
    this.#told += text;
    if (!this.#text.text.startsWith(this.#told)) this.#text.update(this.#told);
  }
}
