// @ts-check
// Where one sentence forwards, and one back, leads to.

/** @typedef {import("./listening.js").Position} Position */

/** Who is further into a sentence than this means its beginning. */
const WELL_INTO_MS = 2_000;

/**
 * @param {Position} position
 * @param {(sentence: number) => boolean} isHole Whether it has no sound.
 */
export function onwards({ sentence }, isHole) {
  let to = sentence + 1;
  while (isHole(to)) to += 1;
  return to;
}

/**
 * @param {Position} position
 * @param {(sentence: number) => boolean} isHole
 * @param {number} first The first sentence there is.
 */
export function backwards({ sentence, ms }, isHole, first) {
  if (ms > WELL_INTO_MS) return sentence;
  for (let to = sentence - 1; to >= first; to -= 1) {
    if (!isHole(to)) return to;
  }
  return sentence;
}
