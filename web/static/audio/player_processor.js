// @ts-check
/// <reference path="./worklet.d.ts" />
// Plays one narration on the audio thread: chunks in the order they come, silence when there are none.
//
// `process` runs 187 times a second and must never wait, for the garbage collector
// least of all.  So it allocates nothing: chunks are linked where they arrive,
// outside of it, and the report is one object, filled in anew.

/** @typedef {import("./messages.js").Chunk & {next: Link | null}} Link */
/** @typedef {import("./messages.js").ToProcessor} ToProcessor */

const REPORT_EVERY = sampleRate / 10;
/** Begin with this much: less may be over before more can come. */
const START = sampleRate / 10;
/** Having run dry, wait for this much: one pause is easier on the ear than a row of them. */
const REFILL = sampleRate / 4;
/** A voice that is cut off at once clicks. */
const FADE = sampleRate / 200;
/** Before the first sound: a narration that is cut off for this one fades meanwhile. */
const HUSH = 2 * FADE;

class PlayerProcessor extends AudioWorkletProcessor {
  /** @type {Link | null} */
  #first = null;
  /** @type {Link | null} */
  #last = null;
  /** Samples of the first chunk that were played. */
  #offset = 0;
  /** Samples that are queued, and not yet played. */
  #queued = 0;
  /** Finals that are queued: a sentence that is complete need not wait for more. */
  #finals = 0;
  #consumed = 0;
  /** Samples left of a fade, after which the first chunk goes; 0 for none. */
  #fade = 0;
  #ended = false;
  #held = false;
  /** How loud it is, in steps from 0 to FADE: a pause fades too. */
  #level = FADE;
  /** Whether the last sample was one of a voice. */
  #sounding = false;
  /** Samples that were played of the sentence that sounds. */
  #at = 0;
  /** Samples of silence that are left before the first sound. */
  #hush = HUSH;
  /** How much must be queued to go on; 0 while it plays. */
  #needed = START;
  /** Whether silence, if it came now, would be unwanted. */
  #flowing = false;
  #sinceReport = 0;
  /** @type {import("./messages.js").Consumed} */
  #report = { type: "consumed", ms: 0, sentence: -1, sentenceMs: 0, cut: 0, dry: true, underruns: 0 };

  constructor() {
    super();
    this.port.onmessage = ({ data }) => this.#receive(data);
  }

  /**
   * @param {Float32Array[][]} _inputs
   * @param {Float32Array[][]} outputs
   */
  process(_inputs, outputs) {
    const output = outputs[0]?.[0];
    if (output === undefined) return true;
    // What is not written stays silent: the browser hands out zeros.
    let at = 0;
    while (at < output.length && this.#plays() && this.#hasSound()) {
      at += this.#hush > 0 ? this.#wait(output.length - at) : this.#play(output, at);
    }
    this.#sounding = at === output.length && this.#hush === 0 && this.#plays();

    this.#sinceReport += output.length;
    const over = this.#ended && this.#first === null;
    if (over || this.#sinceReport >= REPORT_EVERY) this.#tell();
    if (over) this.port.postMessage(ENDED);
    return !over;
  }

  /** @param {ToProcessor} message */
  #receive(message) {
    switch (message.type) {
      case "chunk":
        this.#append(Object.assign(message, { next: null }));
        break;
      case "drop":
        this.#drop(message.through);
        this.#report.cut = message.cut;
        break;
      case "hold":
        this.#hold(message.held);
        break;
      case "end":
        this.#ended = true;
        break;
    }
  }

  /** @param {Link} link */
  #append(link) {
    if (this.#last === null) this.#first = link;
    else this.#last.next = link;
    this.#last = link;
    this.#queued += link.samples.length;
    if (link.final) this.#finals += 1;
  }

  /** @param {number} through */
  #drop(through) {
    this.#flowing = false;
    const playing = this.#sounding && this.#offset > 0 ? this.#first : null;
    let kept = this.#first;
    while (kept !== null && kept.sentence <= through) {
      const played = kept === this.#first ? this.#offset : 0;
      if (kept !== playing) this.#forget(kept, kept.samples.length - played);
      kept = kept.next;
    }
    if (playing !== null && playing.sentence <= through) {
      // Its last moment is still heard, fading.
      this.#fade ||= FADE;
      playing.next = kept;
      kept = playing;
    }
    if (kept !== this.#first) this.#offset = 0;
    this.#first = kept;
    if (kept === null || kept.next === null) this.#last = kept;
    if (this.#report.sentence <= through) {
      this.#report.sentence = -1;
      this.#at = 0;
    }
    const next = this.#fade > 0 ? (kept?.next ?? null) : kept;
    if (next === null) this.#needed = START;
  }

  /** @param {boolean} held */
  #hold(held) {
    this.#held = held;
    // Where nothing sounds, nothing has to fade out; and in, only what had begun.
    if (held && !this.#sounding) this.#level = 0;
    if (!held && this.#offset === 0) this.#level = FADE;
  }

  #plays() {
    return !this.#held || this.#level > 0;
  }

  /** Goes on to a chunk with something left to play, if there is one. */
  #hasSound() {
    while (this.#first !== null && this.#offset >= this.#first.samples.length) this.#advance();
    if (this.#first === null) {
      this.#runDry();
      return false;
    }
    if (this.#fade > 0) return true;
    if (this.#queued < this.#needed && this.#finals === 0 && !this.#ended) return false;
    this.#needed = 0;
    this.#report.dry = false;
    return true;
  }

  /**
   * @param {number} room
   * @returns {number} How many samples stay silent.
   */
  #wait(room) {
    const count = Math.min(room, this.#hush);
    this.#hush -= count;
    return count;
  }

  #runDry() {
    if (this.#flowing && !this.#ended) {
      this.#report.underruns += 1;
      this.#needed = REFILL;
    }
    this.#flowing = false;
    this.#report.dry = true;
  }

  /**
   * @param {Float32Array} output
   * @param {number} at
   * @returns {number} How many samples were written.
   */
  #play(output, at) {
    const link = /** @type {Link} */ (this.#first);
    const { samples } = link;
    let count = Math.min(output.length - at, samples.length - this.#offset);
    if (this.#fade > 0) count = Math.min(count, this.#fade);
    if (this.#held) count = Math.min(count, this.#level);
    for (let i = 0; i < count; i += 1) {
      const gain = (this.#fade > 0 ? (this.#fade - i) / FADE : 1) * (this.#level / FADE);
      output[at + i] = /** @type {number} */ (samples[this.#offset + i]) * gain;
      if (this.#held) this.#level -= 1;
      else if (this.#level < FADE) this.#level += 1;
    }
    this.#offset += count;
    this.#queued -= count;
    this.#consumed += count;
    if (this.#fade > 0) {
      this.#fade -= count;
      if (this.#fade === 0) this.#advance();
    } else {
      this.#flowing = true;
      if (link.sentence !== this.#report.sentence) this.#at = 0;
      this.#report.sentence = link.sentence;
      this.#at += count;
    }
    return count;
  }

  /** Leaves the first chunk, and what is left of it. */
  #advance() {
    const link = /** @type {Link} */ (this.#first);
    this.#forget(link, link.samples.length - this.#offset);
    this.#first = link.next;
    if (this.#first === null) this.#last = null;
    this.#offset = 0;
    this.#fade = 0;
  }

  /**
   * @param {Link} link
   * @param {number} unplayed
   */
  #forget(link, unplayed) {
    this.#queued -= unplayed;
    this.#consumed += unplayed;
    if (link.final) this.#finals -= 1;
  }

  #tell() {
    this.#sinceReport = 0;
    this.#report.ms = (this.#consumed * 1_000) / sampleRate;
    this.#report.sentenceMs = (this.#at * 1_000) / sampleRate;
    this.port.postMessage(this.#report);
  }
}

const ENDED = { type: "ended" };

registerProcessor("player", PlayerProcessor);
