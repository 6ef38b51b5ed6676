// @ts-check
// What is heard on a story's page: one narration at a time, live or from what was stored.

import { inWords } from "../wire/api_error.js";
import { Follower } from "./follower.js";
import { listenToKeys } from "./keys.js";
import { Listening } from "./listening.js";
import { LiveNarration } from "./live_narration.js";
import { Replay } from "./replay.js";
import { backwards, onwards } from "./steps.js";

/** @typedef {import("../parts/scene_view.js").SceneView} SceneView */
/** @typedef {import("../wire/protocol.js").Session} Session */

/**
 * @typedef {object} StageParts
 * @property {import("../wire/api.js").Api} api
 * @property {import("../audio/player.js").Player} player
 * @property {import("../parts/player_bar.js").PlayerBar} bar
 */

/**
 * @typedef {object} Telling
 * @property {Session} session
 * @property {SceneView} view
 * @property {boolean} aloud
 * @property {number | null} from The sentence to begin with; null for the first that comes.
 * @property {(outcome: import("./live_narration.js").Outcome) => Promise<void>} onEnd Is kept when all is known
 *   of the scene that the server has of it.
 */

export class Stage {
  #parts;
  #follower = new Follower();
  #leaving = new AbortController();
  /** @type {SceneView | null} The scene that is heard. */
  #view = null;
  /** @type {Listening | null} */
  #listening = null;
  /** @type {LiveNarration | null} */
  #live = null;
  /** Whether the text of what is told was there before. */
  #written = false;
  /** @type {Replay | null} */
  #replay = null;

  /** @param {StageParts} parts */
  constructor(parts) {
    this.#parts = parts;
    const { bar, player } = parts;
    const { signal } = this.#leaving;
    bar.addEventListener("stop", () => void this.stop(), { signal });
    bar.addEventListener("hear", () => void player.unlock(), { signal });
    bar.addEventListener("place", () => this.#follower.rejoin(), { signal });
    for (const act of /** @type {const} */ (["previous", "toggle", "next"])) {
      bar.addEventListener(act, () => this.#act(act), { signal });
    }
    listenToKeys((act) => this.#act(act), signal);
    this.#follower.addEventListener("change", () => bar.showAway(this.#follower.away));
    player.addEventListener("change", () => bar.showBlocked(player.blocked), { signal });
  }

  /** Whether something is told, or heard. */
  get busy() {
    return this.#live !== null || this.#listening !== null;
  }

  /** Makes sound possible; to be called inside a click. */
  unlock() {
    return this.#parts.player.unlock();
  }

  /**
   * A scene that is being written.
   *
   * @param {Telling} telling
   */
  tell(telling) {
    this.#follow(telling, false);
  }

  /**
   * A scene that was written before, and is being spoken.
   *
   * @param {Telling} telling
   */
  hear(telling) {
    this.#follow(telling, true);
  }

  /**
   * A scene that was narrated before.  Fails when something of it cannot be fetched.
   *
   * @param {SceneView} view
   * @param {number} from The sentence to begin with.
   */
  async replay(view, from) {
    const { api, bar } = this.#parts;
    const { audio } = view;
    if (audio === null) return;
    this.silence();
    bar.show(view.title, true);
    bar.showLength(audio.duration_ms);
    this.#listening = this.#listen(view);
    this.#replay = new Replay(api, this.#listening);
    await this.#replay.run(audio, from);
  }

  /**
   * Goes on with a sentence of the scene that is told live.
   *
   * @param {SceneView} view
   * @param {number} sentence
   * @returns {boolean} Whether that is this one.
   */
  seek(view, sentence) {
    if (this.#live === null || this.#listening === null || view !== this.#view) return false;
    if (sentence < this.#live.first) return true;
    this.#live.skip(sentence);
    if (this.#listening.held) this.#hold(false);
    return true;
  }

  /** What the reader's Stop does: silence at once, and a scene that is being written ends. */
  async stop() {
    const live = this.#live;
    if (live === null || this.#written) return this.silence();
    this.#hush();
    this.#parts.bar.showStopping();
    await live.stop();
  }

  /** Ends the sound, and leaves a scene that is being written to the server. */
  silence() {
    this.#live?.leave();
    this.#hush();
  }

  close() {
    this.silence();
    this.#leaving.abort();
    this.#follower.close();
  }

  /**
   * @param {Telling} telling
   * @param {boolean} written
   */
  #follow({ session, view, aloud, from, onEnd }, written) {
    const { api, bar } = this.#parts;
    this.silence();
    this.#written = written;
    bar.show(view.title, aloud);
    bar.showWriting(!written);
    const listening = aloud ? this.#listen(view) : null;
    this.#listening = listening;
    const live = new LiveNarration({
      api,
      session,
      view,
      listening,
      from,
      written,
      onTrouble: (message) => view.showTrouble(message),
      onOutage: (message) => {
        view.showOutage(message);
        bar.showMute(message !== "");
      },
      onAway: (away) => bar.showLost(away),
      onWritten: () => {
        bar.showWriting(false);
        view.showWritten();
      },
      onEnd: async (outcome) => {
        if (this.#live === live) this.#live = null;
        if (outcome !== "left") bar.showWriting(false);
        if (this.#live === null && this.#listening === null) bar.hide();
        await onEnd(outcome);
        // The reader's last skip came too late for the session.
        if (outcome === "whole" && live.wanted !== null) this.#goTo(view, live.wanted, false);
        if (outcome === "gone" && written && listening !== null) this.#goOn(view, listening);
      },
    });
    this.#live = live;
  }

  /**
   * @param {import("../parts/transport.js").Act} act
   * @returns {boolean} Whether there is anything to be heard.
   */
  #act(act) {
    if (this.#listening === null) return false;
    if (act === "toggle") this.#hold(!this.#listening.held);
    else this.#step(act, this.#listening);
    return true;
  }

  /** @param {boolean} held */
  #hold(held) {
    if (this.#live !== null) this.#live.hold(held);
    else this.#listening?.hold(held);
    if (!held) void this.unlock();
  }

  /**
   * One sentence onwards or back: live for as long as it is live, and then from what was stored.
   *
   * @param {"previous" | "next"} act
   * @param {Listening} listening
   */
  #step(act, { position, held }) {
    if (position === null || this.#view === null) return;
    if (this.#live !== null) {
      const { isHole, first } = this.#live;
      this.#live.skip(act === "next" ? onwards(position, isHole) : backwards(position, isHole, first));
      return;
    }
    const { audio } = this.#view;
    if (audio === null) return;  // It is being asked for.
    const silent = new Set(audio.sentences.filter(({ url }) => url === null).map(({ number }) => number));
    const isHole = (/** @type {number} */ number) => silent.has(number);
    const to = act === "next" ? onwards(position, isHole) : backwards(position, isHole, 0);
    if (to < audio.sentences.length) this.#goTo(this.#view, to, held);
    else this.#hush();
  }

  /**
   * @param {SceneView} view
   * @param {number} sentence
   * @param {boolean} held
   */
  #goTo(view, sentence, held) {
    this.replay(view, sentence).catch((error) => view.showTrouble(inWords(error)));
    this.#listening?.skip(sentence, false);
    this.#listening?.hold(held);
  }

  /**
   * @param {SceneView} view
   * @param {Listening} listening What is heard still, unless the reader has turned to something else.
   */
  #goOn(view, listening) {
    const { position, held } = listening;
    if (this.#listening !== listening) return;
    if (view.audio === null) listening.end();
    else this.#goTo(view, position?.sentence ?? 0, held);
  }

  #hush() {
    this.#replay?.leave();
    this.#replay = null;
    this.#listening?.stop();
    this.#listening = null;
  }

  /** @param {SceneView} view */
  #listen(view) {
    const { player, bar } = this.#parts;
    this.#view = view;
    view.showPlaying(true);
    return new Listening({
      player,
      text: view.text,
      bar,
      follower: this.#follower,
      onEnd: () => {
        this.#listening = null;
        view.showPlaying(false);
        player.rest();
        if (this.#live === null) bar.hide();
      },
    });
  }
}
