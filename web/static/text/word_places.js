// @ts-check
// Finds the words that a voice spoke in the text it was given.  It spells out numbers and signs, so not all are there.

/** @typedef {import("../wire/protocol.js").Word} Word */
/** @typedef {Word & {start: number, end: number}} PlacedWord From `start` to `end` in the text, in UTF-16 units. */

const WORD = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*/gu;

/** So many words of the text may have been spoken as others. */
const FARTHEST = 4;

/**
 * @param {string} text
 * @param {Word[]} words In the order of the text.
 * @returns {PlacedWord[]} Those that were found.
 */
export function placeWords(text, words) {
  const written = [...text.matchAll(WORD)].map(({ 0: word = "", index = 0 }) => ({
    sound: sound(word),
    start: index,
    end: index + word.length,
  }));
  /** @type {PlacedWord[]} */
  const placed = [];
  let next = 0;
  for (const spoken of words.flatMap(parts)) {
    const ahead = written.slice(next, next + FARTHEST + 1);
    const found = ahead.findIndex(({ sound: its }) => its === sound(spoken.text));
    const place = ahead[found];
    if (place === undefined) continue;
    placed.push({ ...spoken, start: place.start, end: place.end });
    next += found + 1;
  }
  return placed;
}

/**
 * What a voice takes for one word, such as "well-known", may be several.
 *
 * @param {Word} word
 * @returns {Word[]}
 */
function parts({ text, start_ms, end_ms }) {
  const found = text.match(WORD) ?? [];
  const each = (end_ms - start_ms) / found.length;
  return found.map((part, at) => {
    return { text: part, start_ms: start_ms + at * each, end_ms: start_ms + (at + 1) * each };
  });
}

/** @param {string} word */
function sound(word) {
  return word.normalize("NFKC").toLowerCase().replace(/['’]/g, "");
}
