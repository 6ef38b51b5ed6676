// @ts-check
// What the page and the audio thread tell each other, as types.

/** @typedef {{type: "chunk", sentence: number, samples: Float32Array, final: boolean}} Chunk */
/**
 * Forget what is queued of the sentences up to this one.  `cut` comes back with every report from then on.
 *
 * @typedef {{type: "drop", through: number, cut: number}} Drop
 */
/** @typedef {{type: "hold", held: boolean}} Hold Pause, or go on. */
/** @typedef {{type: "end"}} End Nothing follows. */
/** @typedef {Chunk | Drop | Hold | End} ToProcessor */

/**
 * Sent about ten times a second.
 *
 * @typedef {object} Consumed
 * @property {"consumed"} type
 * @property {number} ms Played or thrown away since the start.
 * @property {number} sentence The one that sounds; -1 before the first, and when it was dropped.
 * @property {number} sentenceMs How much of it was played.
 * @property {number} cut The last drop's.
 * @property {boolean} dry Whether there is nothing to play.
 * @property {number} underruns How often it ran dry before the end.
 */

/** @typedef {{type: "ended"}} Ended Everything was played; nothing more comes. */
/** @typedef {Consumed | Ended} FromProcessor */

export {};
