// @ts-check
// Finds out that a scene's text is all there while its audio still comes: the session says nothing of it by itself.

/** Text that stands still for so long may be at its end. */
const STILL_MS = 2_000;

export class TextWatch {
  #isWritten;
  #onWritten;
  #timer = 0;

  /**
   * @param {() => Promise<boolean>} isWritten Asks the server.
   * @param {() => void} onWritten
   */
  constructor(isWritten, onWritten) {
    this.#isWritten = isWritten;
    this.#onWritten = onWritten;
  }

  /** There may be more to come. */
  wait() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), STILL_MS);
  }

  close() {
    clearTimeout(this.#timer);
    this.#timer = -1;
  }

  async #look() {
    const asked = this.#timer;
    // Who cannot be asked may be asked later.
    const written = await this.#isWritten().catch(() => false);
    if (asked !== this.#timer) return;
    if (written) this.#onWritten();
    else this.wait();
  }
}
