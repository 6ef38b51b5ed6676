// @ts-check
// What can be done about a scene's audio, by what has become of it.

/** @typedef {import("../wire/protocol.js").Narration} Narration */

/** @typedef {{words: string, why: string}} Offer What a button says, and the reason for it. */

const CHANGED_SETTINGS = "The settings have changed since it was narrated";
const CHANGED_TEXT = "The text has changed; only sentences that are new are spoken anew";

/**
 * @param {Narration} narration
 * @returns {Offer | null} Null if nothing is to be done.
 */
export function narrationOffer({ state, up_to_date, holes }) {
  switch (state) {
    case "none":
      return { words: "Narrate", why: "" };
    case "outdated":
      return { words: "Narrate again", why: CHANGED_TEXT };
    case "failed":
      return { words: "Try again", why: "What was spoken is kept" };
    case "stopped":
    case "interrupted":
      return { words: "Narrate the rest", why: "What was spoken is kept" };
    case "complete":
      if (!up_to_date) return { words: "Narrate again", why: CHANGED_SETTINGS };
      return holes > 0 ? { words: "Narrate the rest", why: "What was spoken is kept" } : null;
    case "speaking":
      return null;
  }
}
