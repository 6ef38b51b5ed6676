// @ts-check
// A scene while it is being written, or spoken: its text to the screen, its audio to the ear, in the order they come.

import { LastingSocket } from "../wire/lasting_socket.js";
import { SKIPPED } from "../wire/protocol.js";
import { Outage } from "./outage.js";
import { PlaybackReports } from "./playback_reports.js";
import { SkipGate } from "./skip_gate.js";
import { TextWatch } from "./text_watch.js";
import { ToldText } from "./told_text.js";

/** @typedef {import("../wire/protocol.js").ServerMessage} ServerMessage */

/**
 * How it ended for the listener: the server has said its last word; the session was over before that could
 * be heard; it is heard somewhere else; or the reader has turned to something else.
 *
 * @typedef {"whole" | "gone" | "elsewhere" | "left"} Outcome
 */

/**
 * @typedef {object} LiveParts
 * @property {import("../wire/api.js").Api} api
 * @property {import("../wire/protocol.js").Session} session
 * @property {import("../parts/scene_view.js").SceneView} view
 * @property {import("./listening.js").Listening | null} listening Null: the scene is written in silence.
 * @property {number | null} from The sentence to begin with; null for the first that comes.
 * @property {boolean} written Whether the text is all there already.
 * @property {(message: string) => void} onTrouble What the reader should know.
 * @property {(message: string) => void} onOutage Why nobody can speak just now; empty if somebody can.
 * @property {(away: boolean) => void} onAway The connection has been away for a while, or is there again.
 * @property {() => void} onWritten The text is all there; its audio may still come.
 * @property {(outcome: Outcome) => void} onEnd Nothing more comes here.  Unless it is `whole`, the scene may
 *   still be growing.
 */

export class LiveNarration {
  #parts;
  #socket;
  #reports;
  #told;
  #text;
  #outage;
  #gate = new SkipGate();
  /** @type {Set<number>} */
  #holes = new Set();
  #first = 0;
  /** @type {boolean | null} Whether it is to be held, as long as the server has not agreed. */
  #hold = null;
  /** Whether what was asked for may not have reached the server. */
  #doubt = false;
  #stopped = false;
  #over = false;

  /** @param {LiveParts} parts */
  constructor(parts) {
    this.#parts = parts;
    const { api, session, view, listening, from, written, onOutage, onAway, onWritten } = parts;
    this.#told = new ToldText(view.text);
    this.#outage = new Outage(onOutage);
    const isWritten = async () => (await api.session(session.session_id)).state !== "writing";
    this.#text = written ? null : new TextWatch(isWritten, onWritten);
    if (from !== null) {
      this.#gate.want({ sentence: from, back: false });
      listening?.wait(true);
    }
    this.#socket = new LastingSocket(api, session, {
      onOpen: (again) => this.#opened(again),
      onMessage: (message, audio) => this.#receive(message, audio),
      onAway,
      onOver: (reason) => this.#finish(reason),
    });
    this.#reports = listening === null ? null : new PlaybackReports(this.#socket, () => this.#where());
  }

  /** The first sentence that can be gone to. */
  get first() {
    return this.#first;
  }

  /** The sentence that the reader wants to hear, while the server does not know it. */
  get wanted() {
    return this.#gate.wanted;
  }

  /** Whether a sentence has no sound. */
  isHole = (/** @type {number} */ sentence) => this.#holes.has(sentence);

  /** @param {number} sentence The one to hear next. */
  skip(sentence) {
    const { listening } = this.#parts;
    if (listening === null || this.#over) return;
    // First, so that the server means the same by `back`.
    this.#reports?.now();
    const back = sentence <= (listening.position?.sentence ?? -1);
    this.#gate.want({ sentence, back });
    listening.skip(sentence, back);
    this.#ask(sentence);
  }

  /** @param {boolean} held Whether to pause, or to go on. */
  hold(held) {
    this.#reports?.now();
    this.#parts.listening?.hold(held);
    this.#hold = held;
    this.#tellHold();
  }

  /** Ends the scene; what was written stays. */
  async stop() {
    this.#stopped = true;
    if (this.#over || this.#socket.send({ type: "stop" })) return;
    // There is no connection to tell it over.  Where this fails too, it is told as soon as there is one.
    const { api, session } = this.#parts;
    await api.stop(session.session_id).catch(() => undefined);
  }

  /** Leave it to itself: the server goes on writing. */
  leave() {
    this.#finish("left");
  }

  /** Where the listener is, where the server should know it. */
  #where() {
    const { listening } = this.#parts;
    if (listening === null || listening.held || this.#stopped || this.#gate.wanted !== null) return null;
    return listening.position;
  }

  /** @param {boolean} again */
  #opened(again) {
    this.#doubt = again;
    if (this.#stopped) this.#socket.send({ type: "stop" });
    this.#reports?.now();
    this.#tellHold();
    if (!again && this.#gate.wanted !== null) this.#ask(this.#gate.wanted);
  }

  /** @param {number} sentence */
  #ask(sentence) {
    this.#socket.send({ type: "skip", sentence_number: sentence });
  }

  #tellHold() {
    if (this.#hold !== null) this.#socket.send({ type: this.#hold ? "pause" : "resume" });
  }

  /**
   * @param {ServerMessage} message
   * @param {DataView} audio
   */
  #receive(message, audio) {
    const { view, listening } = this.#parts;
    switch (message.type) {
      case "connected":
        this.#first = message.first_sentence;
        view.forgetFrom(this.#first);
        this.#told.from(message.text_start);
        this.#text?.wait();
        break;
      case "text_chunk":
        this.#told.add(message.text);
        this.#text?.wait();
        break;
      case "audio_chunk":
        view.text.mark(message.sentence_number, message.start, message.end);
        if (audio.byteLength > 0) this.#outage.sound(message.sentence_number);
        if (this.#stopped || !this.#gate.takes(message.sentence_number)) break;
        listening?.chunk(message.sentence_number, audio, message.final, message.start_ms, message.words);
        break;
      case "sentence_skipped":
        view.text.mark(message.sentence_number, message.start, message.end);
        if (message.reason === SKIPPED) break;
        this.#holes.add(message.sentence_number);
        this.#outage.hole(message.sentence_number);
        view.showHole(message.sentence_number, message.sentence_text, message.reason);
        break;
      case "skipped":
        this.#skipped(message.sentence_number, message.again);
        break;
      case "paused":
      case "resumed":
        this.#held(message.type === "paused");
        break;
      case "error":
        this.#failed(message);
        break;
      case "generation_complete":
      case "generation_stopped":
        this.#finish("whole");
        break;
      case "pong":
        // All that was missed has come.  If an answer was not among it, the wish was lost on its way.
        if (this.#doubt && this.#gate.wanted !== null) this.#ask(this.#gate.wanted);
        this.#doubt = false;
        break;
      case "generation_started":
        break;
    }
  }

  /**
   * @param {number} sentence
   * @param {boolean} again
   */
  #skipped(sentence, again) {
    const ours = this.#gate.confirmed(sentence);
    const next = this.#gate.wanted ?? sentence;
    this.#parts.listening?.wait(false);
    // Our own skip forwards has been done.
    if (again || !ours) this.#parts.listening?.skip(next, again);
  }

  /** @param {boolean} held */
  #held(held) {
    if (this.#hold === null) this.#parts.listening?.hold(held);  // Somebody else's wish.
    else if (this.#hold === held) this.#hold = null;
  }

  /** @param {import("../wire/protocol.js").ServerError} error */
  #failed({ code, message, scene_id }) {
    if (code === "session_ended") return this.#finish("gone");
    if (code === "voice_starting") return this.#parts.written ? undefined : this.#outage.awaits(message);
    if (code === "voice_unavailable") return this.#parts.written ? undefined : this.#outage.begin(message);
    // After a stop the reader knows why it ends; and of a scene that was written the server tells by itself.
    if (!this.#stopped && !this.#parts.written) this.#parts.onTrouble(message);
    if (scene_id !== undefined) this.#finish("whole");
  }

  /** @param {Outcome} outcome */
  #finish(outcome) {
    if (this.#over) return;
    this.#over = true;
    this.#socket.close();
    this.#reports?.close();
    this.#text?.close();
    this.#outage.end();
    const { listening, written, onEnd } = this.#parts;
    if (outcome === "elsewhere") listening?.stop();
    // What was written is spoken to its end, and what has not come is stored.
    else if (outcome !== "gone" || !written) listening?.end();
    onEnd(outcome);
  }
}
