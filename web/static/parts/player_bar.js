// @ts-check
// The bar at the bottom while a narration is on: what it does, how far it is, and how to stop it.

import { element } from "../dom.js";
import { icon } from "../icons.js";
import { clock } from "./clock.js";
import { Transport } from "./transport.js";

const FRESH = {
  aloud: true,
  writing: false,
  started: false,
  dry: true,
  blocked: false,
  held: false,
  lost: false,
  mute: false,
  stopping: false,
};

/**
 * Dispatches `stop`, `hear` (let the sound through), `place` (show where the voice is), and what the
 * transport's buttons ask for: `previous`, `toggle`, `next`.
 */
export class PlayerBar extends EventTarget {
  #title = element("p", { class: "bar-title" });
  #status = element("p", { class: "bar-status", role: "status" });
  #time = element("p", { class: "bar-time" });
  #hear = this.#button("hear", "sound", "Tap to hear", "primary");
  #place = this.#button("place", "place", "Find the voice", "");
  #stop = this.#button("stop", "stop", "Stop", "");
  #transport = new Transport((act) => this.dispatchEvent(new Event(act)));
  element = element(
    "section",
    { class: "player-bar", "aria-label": "Narration", hidden: true },
    element("div", { class: "waves", "aria-hidden": "true" }, ...[1, 2, 3, 4].map(() => element("i"))),
    element("div", { class: "bar-words" }, this.#title, this.#status),
    this.#time,
    this.#transport.element,
    this.#stop,
    element("div", { class: "bar-buttons" }, this.#place, this.#hear),
  );
  #state = { ...FRESH };
  #lengthMs = 0;

  /**
   * @param {string} title
   * @param {boolean} aloud
   */
  show(title, aloud) {
    this.#state = { ...FRESH, aloud };
    this.#transport.showHeld(false);
    this.#lengthMs = 0;
    this.#title.textContent = title;
    this.#time.textContent = "";
    this.#place.hidden = true;
    this.#stop.disabled = false;
    this.element.hidden = false;
    this.#tell();
  }

  hide() {
    this.element.hidden = true;
  }

  /** @param {boolean} writing Whether the scene is still being written. */
  showWriting(writing) {
    this.#state.writing = writing;
    this.#tell();
  }

  /** The reader pressed Stop, and the server has not answered yet. */
  showStopping() {
    this.#state.stopping = true;
    this.#stop.disabled = true;
    this.#tell();
  }

  /** @param {number} ms */
  showLength(ms) {
    this.#lengthMs = ms;
  }

  /** @param {number} ms */
  showPosition(ms) {
    this.#state.started ||= ms > 0;
    const total = this.#lengthMs > 0 ? ` / ${clock(this.#lengthMs)}` : "";
    if (this.#state.started) this.#setText(this.#time, clock(ms) + total);
  }

  /**
   * @param {boolean} dry Whether there is nothing to play.
   * @param {number} underruns How often that was so before the end; for those who look for the reason.
   */
  showDry(dry, underruns) {
    this.#state.dry = dry;
    this.element.dataset["underruns"] = String(underruns);
    this.#tell();
  }

  /** @param {boolean} blocked Whether the browser holds the sound back. */
  showBlocked(blocked) {
    this.#state.blocked = blocked;
    this.#tell();
  }

  /** @param {boolean} held Whether the reader has paused. */
  showHeld(held) {
    this.#state.held = held;
    this.#transport.showHeld(held);
    this.#tell();
  }

  /** @param {boolean} lost Whether the connection to the server is lost. */
  showLost(lost) {
    this.#state.lost = lost;
    this.#tell();
  }

  /** @param {boolean} mute Whether nobody can speak just now. */
  showMute(mute) {
    this.#state.mute = mute;
    this.#tell();
  }

  /** @param {boolean} away Whether the reader is somewhere else than the voice. */
  showAway(away) {
    this.#place.hidden = !away;
  }

  #tell() {
    const { aloud, blocked, dry, held, stopping } = this.#state;
    const heard = aloud && !stopping;
    this.#transport.element.hidden = !heard;
    this.#hear.hidden = !(heard && blocked && !held);
    this.element.classList.toggle("sounding", heard && !dry && !blocked && !held);
    this.#setText(this.#status, this.#words());
  }

  #words() {
    const { aloud, writing, started, dry, blocked, stopping, held, lost, mute } = this.#state;
    if (stopping) return "Stopping…";
    if (lost) return "Connection lost. Reconnecting…";
    if (!aloud) return "Writing…";
    if (held) return "Paused";
    if (blocked) return "The browser holds the sound back";
    if (dry && mute) return "No voice works just now";
    if (!started) return writing ? "Writing…" : "Loading…";
    if (dry) return "Waiting for more…";
    return writing ? "Speaking as it is written" : "Speaking";
  }

  /**
   * Screen readers say what changes, so nothing is changed without need.
   *
   * @param {HTMLElement} target
   * @param {string} text
   */
  #setText(target, text) {
    if (target.textContent !== text) target.textContent = text;
  }

  /**
   * @param {string} event
   * @param {Parameters<typeof icon>[0]} image
   * @param {string} words
   * @param {string} look
   */
  #button(event, image, words, look) {
    const onclick = () => this.dispatchEvent(new Event(event));
    return element("button", { type: "button", class: look, onclick }, icon(image), words);
  }
}
