// @ts-check
// How long to wait before the next attempt to reach a server: longer and longer.

const FIRST_WAIT_MS = 250;

export class Backoff {
  #longestMs;
  #tries = 0;

  /** @param {number} longestMs */
  constructor(longestMs) {
    this.#longestMs = longestMs;
  }

  /** In milliseconds. */
  next() {
    // Not all at once, when a server has lost all its listeners.
    const wait = Math.min(FIRST_WAIT_MS * 2 ** this.#tries, this.#longestMs) * (0.75 + Math.random() / 2);
    this.#tries += 1;
    return wait;
  }

  /** It was reached. */
  reset() {
    this.#tries = 0;
  }
}
