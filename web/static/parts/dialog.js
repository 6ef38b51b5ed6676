// @ts-check
// A dialog that asks one thing, and goes away with the answer.

import { element } from "../dom.js";
import { inWords } from "../wire/api_error.js";

/**
 * @typedef {object} Question
 * @property {string} title
 * @property {(Node | string)[]} content
 * @property {string} action What the button says that means yes.
 * @property {string} [look] The button's class.
 * @property {() => Promise<unknown>} [onYes] Does what was asked for; while it fails, the dialog stays open and
 *   says why.
 * @property {(words: string) => boolean} [onTrouble] Says why at the field that it is about, if there is one.
 */

/**
 * @param {Question} question
 * @returns {Promise<boolean>} Whether it was answered with yes.
 */
export function ask({ title, content, action, look = "primary", onYes = async () => undefined, onTrouble }) {
  return new Promise((resolve) => {
    const trouble = element("p", { class: "notice", role: "alert" });
    const yes = element("button", { type: "submit", class: look }, action);
    const cancel = element("button", { type: "button", class: "quiet" }, "Cancel");
    const form = element(
      "form",
      {},
      element("h2", {}, title),
      ...content,
      trouble,
      element("div", { class: "buttons" }, yes, cancel),
    );
    const dialog = element("dialog", { "aria-label": title }, form);

    cancel.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      yes.disabled = true;
      trouble.textContent = "";
      try {
        await onYes();
        dialog.close("yes");
      } catch (error) {
        const words = inWords(error);
        yes.disabled = false;
        if (onTrouble?.(words) !== true) trouble.textContent = words;
      }
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
