// @ts-check
// What is heard on a story's page: one narration at a time, live or from what was stored.

import { Player } from "../audio/player.js";
import { Follower } from "./follower.js";
import { Listening } from "./listening.js";
import { LiveNarration } from "./live_narration.js";
import { Replay } from "./replay.js";

/** @typedef {import("../parts/scene_view.js").SceneView} SceneView */
/** @typedef {import("../wire/protocol.js").Session} Session */

/**
 * @typedef {object} StageParts
 * @property {import("../wire/api.js").Api} api
 * @property {Player} player
 * @property {import("../parts/player_bar.js").PlayerBar} bar
 */

export class Stage {
  #parts;
  #follower = new Follower();
  #leaving = new AbortController();
  /** @type {Listening | null} */
  #listening = null;
  /** @type {LiveNarration | null} */
  #live = null;
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
    this.#follower.addEventListener("change", () => bar.showAway(this.#follower.away));
    player.addEventListener("change", () => bar.showBlocked(player.blocked), { signal });
  }

  /** Why nothing can be heard on this page, in words; null if it can. */
  get obstacle() {
    return Player.possible
      ? null
      : "This browser plays no narration on an unencrypted page. Open it over HTTPS, or on the server's own machine.";
  }

  /** Makes sound possible; to be called inside a click. */
  unlock() {
    return this.#parts.player.unlock();
  }

  /**
   * A scene that is being written.
   *
   * @param {Session} session
   * @param {SceneView} view
   * @param {boolean} aloud
   * @param {(outcome: import("./live_narration.js").Outcome) => void} onEnd
   */
  tell(session, view, aloud, onEnd) {
    this.silence();
    this.#parts.bar.show(view.title, aloud);
    this.#parts.bar.showWriting(true);
    this.#listening = aloud ? this.#listen(view) : null;
    this.#live = new LiveNarration({
      api: this.#parts.api,
      session,
      view,
      listening: this.#listening,
      onTrouble: (message) => view.showTrouble(message),
      onEnd: (outcome) => {
        this.#live = null;
        this.#parts.bar.showWriting(false);
        if (this.#listening === null) this.#parts.bar.hide();
        onEnd(outcome);
      },
    });
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
    const startMs = audio.sentences.find((it) => it.number >= from)?.start_ms ?? 0;
    this.#listening = this.#listen(view, startMs);
    this.#replay = new Replay(api, this.#listening);
    await this.#replay.run(audio, from);
  }

  /** What the reader's Stop does: silence at once, and a scene that is being written ends. */
  async stop() {
    const live = this.#live;
    this.#hush();
    if (live === null) return;
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

  #hush() {
    this.#replay?.leave();
    this.#replay = null;
    this.#listening?.stop();
    this.#listening = null;
  }

  /**
   * @param {SceneView} view
   * @param {number} [startMs]
   */
  #listen(view, startMs = 0) {
    const { player, bar } = this.#parts;
    view.showPlaying(true);
    return new Listening({
      player,
      text: view.text,
      bar,
      follower: this.#follower,
      startMs,
      onEnd: () => {
        this.#listening = null;
        view.showPlaying(false);
        player.rest();
        if (this.#live === null) bar.hide();
      },
    });
  }
}
