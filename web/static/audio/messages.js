// @ts-check
// What the page and the audio thread tell each other, as types.

/** @typedef {{type: "chunk", sentence: number, samples: Float32Array, final: boolean}} Chunk */
/** @typedef {{type: "drop", through: number}} Drop Forget what is queued of the sentences up to this one. */
/** @typedef {{type: "end"}} End Nothing follows. */
/** @typedef {Chunk | Drop | End} ToProcessor */

/**
 * Sent about ten times a second.
 *
 * @typedef {object} Consumed
 * @property {"consumed"} type
 * @property {number} ms Played or thrown away since the start.
 * @property {number} sentence The one that sounds; -1 before the first.
 * @property {boolean} dry Whether there is nothing to play.
 * @property {number} underruns How often it ran dry before the end.
 */

/** @typedef {{type: "ended"}} Ended Everything was played; nothing more comes. */
/** @typedef {Consumed | Ended} FromProcessor */

export {};
