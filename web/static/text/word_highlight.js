// @ts-check
// Highlights a word without changing the page, where the browser can do that.

// Newer than the types that the page is checked with.
const { highlights } = /** @type {{highlights?: Map<string, unknown>}} */ (/** @type {unknown} */ (CSS));
const { Highlight } = /** @type {{Highlight?: new (range: Range) => unknown}} */ (
  /** @type {unknown} */ (globalThis)
);

/**
 * @param {Node | null} text Null for no word.
 * @param {number} start
 * @param {number} end
 */
export function highlightWord(text, start, end) {
  if (highlights === undefined || Highlight === undefined) return;
  if (text === null) {
    highlights.delete("word");
    return;
  }
  const range = new Range();
  range.setStart(text, start);
  range.setEnd(text, end);
  highlights.set("word", new Highlight(range));
}
