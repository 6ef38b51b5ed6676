// @ts-check
// Where the reader changes a scene's text.

import { element } from "../dom.js";
import { ask } from "./dialog.js";

/**
 * @param {string} title The scene's.
 * @param {string} text
 * @param {string} language
 * @param {(text: string) => Promise<void>} onSave
 * @returns {Promise<boolean>} Whether it was changed.
 */
export function editScene(title, text, language, onSave) {
  const field = element("textarea", {
    id: "scene-text",
    class: "manuscript",
    rows: 12,
    maxlength: 200_000,
    lang: language,
    "aria-describedby": "scene-text-hint",
  });
  field.value = text;
  return ask({
    title: `Edit ${title}`,
    content: [
      element(
        "div",
        { class: "field" },
        element("label", { for: "scene-text" }, "Text"),
        field,
        element(
          "p",
          { class: "hint", id: "scene-text-hint" },
          "After a change the scene can be narrated again. Only sentences that are new are spoken anew.",
        ),
      ),
    ],
    action: "Save",
    onYes: () => onSave(field.value),
  });
}
