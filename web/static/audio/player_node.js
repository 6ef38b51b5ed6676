// @ts-check
// One narration's sound: hands its chunks to the audio thread, and tells how far it is.

/** @typedef {import("./messages.js").Consumed} Consumed */
/** @typedef {import("./messages.js").FromProcessor} FromProcessor */
/** @typedef {import("./messages.js").ToProcessor} ToProcessor */

/**
 * Dispatches `consumed` (a CustomEvent whose `detail` is a `Consumed`) and, last, `ended`.
 */
export class PlayerNode extends AudioWorkletNode {
  /** Milliseconds handed over; less `consumed`, this is what lies ready. */
  sentMs = 0;
  /** Milliseconds played or thrown away. */
  consumedMs = 0;
  /** Drops so far: a report with fewer is about what was before. */
  cuts = 0;

  /** @param {AudioContext} context */
  constructor(context) {
    super(context, "player", { numberOfInputs: 0, outputChannelCount: [1] });
    this.port.onmessage = ({ data }) => this.#receive(data);
    this.connect(context.destination);
  }

  /**
   * @param {number} sentence
   * @param {Float32Array} samples Given away: they cannot be used afterwards.
   * @param {boolean} final Whether the sentence is complete with these.
   */
  chunk(sentence, samples, final) {
    this.sentMs += (samples.length * 1_000) / this.context.sampleRate;
    this.#send({ type: "chunk", sentence, samples, final }, [samples.buffer]);
  }

  /** Nothing follows: `ended` comes when everything was played. */
  end() {
    this.#send({ type: "end" });
  }

  /**
   * Leaves out what is left of the sentences up to this one.
   *
   * @param {number} through
   */
  drop(through) {
    this.cuts += 1;
    this.#send({ type: "drop", through, cut: this.cuts });
  }

  /** @param {boolean} held Whether it pauses, at once, or goes on from there. */
  hold(held) {
    this.#send({ type: "hold", held });
  }

  /** Silence, now. */
  stop() {
    this.drop(Infinity);
    this.end();
    // A context that stands still never gets to the end.
    if (this.context.state !== "running") this.disconnect();
  }

  /**
   * @param {ToProcessor} message
   * @param {Transferable[]} [transfer]
   */
  #send(message, transfer = []) {
    this.port.postMessage(message, transfer);
  }

  /** @param {FromProcessor} message */
  #receive(message) {
    if (message.type === "consumed") {
      this.consumedMs = message.ms;
      this.dispatchEvent(new CustomEvent("consumed", { detail: message }));
    } else {
      this.disconnect();
      this.dispatchEvent(new Event("ended"));
    }
  }
}
