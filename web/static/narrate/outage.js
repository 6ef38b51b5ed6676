// @ts-check
// Tells the reader that nobody can speak, from when the server says so until a voice is heard again.

export class Outage {
  #show;
  #on = false;
  #awaited = false;
  /** The last sentence that was heard before. */
  #before = -1;
  /** The first that was not spoken since. */
  #hole = Infinity;

  /** @param {(message: string) => void} show Empty for none. */
  constructor(show) {
    this.#show = show;
  }

  /** @param {string} message */
  begin(message) {
    this.#on = true;
    this.#show(message);
  }

  /**
   * The voice is waited for, and may still come.
   *
   * @param {string} message
   */
  awaits(message) {
    if (this.#on) return;
    this.#awaited = true;
    this.#show(message);
  }

  /** @param {number} sentence Is not spoken. */
  hole(sentence) {
    if (sentence > this.#before) this.#hole = Math.min(this.#hole, sentence);
  }

  /**
   * What was spoken before still comes after the server's word.
   *
   * @param {number} sentence Has sound.
   */
  sound(sentence) {
    if (this.#awaited && !this.#on) this.#show("");
    this.#awaited = false;
    if (this.#on && sentence > this.#hole) this.end();
    if (this.#on) return;
    this.#before = Math.max(this.#before, sentence);
    if (sentence > this.#hole) this.#hole = Infinity;
  }

  end() {
    if (!this.#on) return;
    this.#on = false;
    this.#hole = Infinity;
    this.#show("");
  }
}
