// @ts-check
// The keys of a player: the space bar holds and goes on, the arrows go from sentence to sentence.

/** @typedef {import("../parts/transport.js").Act} Act */

/** @type {Record<string, Act>} */
const ACTS = { " ": "toggle", ArrowRight: "next", ArrowLeft: "previous" };
/** Where keys have a meaning of their own. */
const FIELDS = "input, textarea, select, [contenteditable], dialog";
const PRESSED_BY_SPACE = "button, summary";

/**
 * @param {(act: Act) => boolean} act Returns whether there was anything to be done.
 * @param {AbortSignal} signal
 */
export function listenToKeys(act, signal) {
  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    const wish = ACTS[event.key];
    if (wish === undefined || event.defaultPrevented || event.repeat) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const at = event.target instanceof Element ? event.target : document.body;
    if (at.closest(FIELDS) !== null || document.querySelector("dialog[open]") !== null) return;
    if (wish === "toggle" && at.closest(PRESSED_BY_SPACE) !== null) return;
    if (act(wish)) event.preventDefault();
  };
  document.addEventListener("keydown", onKey, { signal });
}
