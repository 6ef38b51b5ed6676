// @ts-check
// Notices that a connection is dead though the browser does not say so: nothing comes, not even an answer.

/** Nothing has come for so long: ask whether anybody is there. */
const QUIET_MS = 20_000;
/** So long an answer may take, or a connection. */
const ANSWER_MS = 10_000;
/** The same, where there is a reason to doubt. */
const QUICK_MS = 3_000;

export class Pulse {
  #ask;
  #onDead;
  #timer = 0;

  /**
   * @param {() => void} ask Says something that has to be answered.
   * @param {() => void} onDead
   */
  constructor(ask, onDead) {
    this.#ask = ask;
    this.#onDead = onDead;
    this.#timer = setTimeout(onDead, ANSWER_MS);
  }

  /** Something came. */
  beat() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#probe(ANSWER_MS), QUIET_MS);
  }

  /** Find out now. */
  check() {
    clearTimeout(this.#timer);
    this.#probe(QUICK_MS);
  }

  close() {
    clearTimeout(this.#timer);
  }

  /** @param {number} patienceMs */
  #probe(patienceMs) {
    this.#timer = setTimeout(this.#onDead, patienceMs);
    this.#ask();
  }
}
