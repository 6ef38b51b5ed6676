// @ts-check
// A link to a file that the server makes.  Where a plain link cannot say who the reader is, the page fetches it.

import { element } from "../dom.js";
import { inWords } from "../wire/api_error.js";

/** @typedef {{words: string, path: string, name: string}} FileLink `name`: what the file is to be called. */

/** How long a file that was fetched stays at hand, for the browser to store it. */
const KEPT_MS = 60_000;

/**
 * @param {import("../wire/api.js").Api} api
 * @param {FileLink} link
 * @param {(words: string, trouble: boolean) => void} tell Says how it goes.
 */
export function fileLink(api, { words, path, name }, tell) {
  const href = `${path}?download=1`;
  let busy = false;
  const onclick = async (/** @type {Event} */ event) => {
    if (!api.linksAreShut) return;
    event.preventDefault();
    if (busy) return;
    busy = true;
    tell(`Fetching ${name}…`, false);
    try {
      save(await api.file(href), name);
      tell("", false);
    } catch (error) {
      tell(inWords(error), true);
    }
    busy = false;
  };
  return element("a", { href, download: "", onclick }, words);
}

/**
 * @param {Blob} file
 * @param {string} name
 */
function save(file, name) {
  const href = URL.createObjectURL(file);
  element("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), KEPT_MS);
}
