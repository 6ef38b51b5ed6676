// @ts-check
// Has scenes spoken that are written: at the reader's wish, or by itself when one was just written for this page.

import { Player } from "../audio/player.js";
import { ApiError, inWords } from "../wire/api_error.js";

/** @typedef {import("../narrate/live_narration.js").Outcome} Outcome */
/** @typedef {import("../parts/scene_view.js").SceneView} SceneView */
/** @typedef {import("../wire/protocol.js").Notice} Notice */

/**
 * @typedef {object} SpeakerParts
 * @property {import("../wire/api.js").Api} api
 * @property {import("../wire/notices.js").Notices} notices
 * @property {import("../narrate/stage.js").Stage} stage
 * @property {import("./scene_list.js").SceneList} scenes
 */

export class Speaker {
  #parts;
  /** @type {SceneView | null} The scene that is to be heard as soon as it can be. */
  #awaited = null;

  /** @param {SpeakerParts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /** @param {SceneView} view A scene that the reader wants to have spoken. */
  async narrate(view) {
    view.showTrouble("");
    view.showNarrationAsked();
    try {
      await this.#parts.api.narrate(view.scene.id);
    } catch (error) {
      view.showTrouble(inWords(error));
    }
    await this.#parts.scenes.refresh(view);
  }

  /** @param {SceneView} view A scene that need not be spoken any further. */
  async cancel(view) {
    const sessionId = view.narration?.session_id ?? null;
    view.showCancelling();
    try {
      if (sessionId !== null) await this.#parts.api.stop(sessionId);
    } catch (error) {
      // It may have come to its end meanwhile.
      if (!isGone(error)) view.showTrouble(inWords(error));
    }
    await this.#parts.scenes.refresh(view);
  }

  /**
   * From a sentence on; while it is spoken, or from what was stored.
   *
   * @param {SceneView} view
   * @param {number | null} from Null for the first that comes.
   */
  async listen(view, from) {
    const { stage, scenes } = this.#parts;
    if (from !== null && stage.seek(view, from)) return;
    view.showTrouble(Player.obstacle ?? "");
    if (Player.obstacle !== null) return;
    this.#awaited = null;
    try {
      await stage.unlock();
      if (scenes.closed) return;
      const sessionId = view.making ? (view.narration?.session_id ?? null) : null;
      if (sessionId === null || !(await this.#hear(view, sessionId, from))) await stage.replay(view, from ?? 0);
    } catch (error) {
      view.showTrouble(inWords(error));
    }
  }

  /** @param {SceneView} view A scene that is to be heard as soon as it can be. */
  expect(view) {
    this.#awaited = view;
    const notice = this.#parts.notices.newest(view.scene.id);
    if (notice !== null) void this.told(view, notice);
  }

  /**
   * What the server tells of a scene.
   *
   * @param {SceneView} view
   * @param {Notice} notice
   */
  async told(view, notice) {
    const play = this.#awaited === view;
    if (play) this.#awaited = null;
    const progress = notice.type === "tts_progress";
    const known = progress && view.narration?.session_id === notice.session_id;
    if (known) view.showProgress(notice);
    const shown = known ? Promise.resolve() : this.#parts.scenes.refresh(view);
    if (play && progress) return this.#play(view, notice.session_id);
    await shown;
    if (play && notice.type === "tts_ready") return this.#play(view, null);
    // Of a narration that never began, nothing else is known.
    if (notice.type === "tts_failed" && view.narration?.state !== "failed") view.showTrouble(notice.message);
  }

  /**
   * Plays a scene by itself.
   *
   * @param {SceneView} view
   * @param {string | null} sessionId Null once it is spoken.
   */
  async #play(view, sessionId) {
    const { stage } = this.#parts;
    // Who listens to something else is not interrupted.
    if (stage.busy || Player.obstacle !== null) return;
    try {
      await stage.unlock();
      if (sessionId === null || !(await this.#hear(view, sessionId, null))) await stage.replay(view, 0);
    } catch (error) {
      view.showTrouble(inWords(error));
    }
  }

  /**
   * @param {SceneView} view
   * @param {string} sessionId
   * @param {number | null} from
   * @returns {Promise<boolean>} Whether there is such a session.
   */
  async #hear(view, sessionId, from) {
    const { api, stage, scenes } = this.#parts;
    const session = await api.session(sessionId, scenes.leaving).catch((error) => {
      if (isGone(error)) return null;
      throw error;
    });
    if (session === null) await scenes.refresh(view);
    if (session === null || scenes.closed) return session !== null;
    // Who was there before may have been somewhere else in it.
    const first = session.listening.playhead === null ? from : (from ?? 0);
    const onEnd = (/** @type {Outcome} */ outcome) => this.#heard(view, outcome);
    stage.hear({ session, view, aloud: true, from: first, onEnd });
    return true;
  }

  /**
   * @param {SceneView} view
   * @param {Outcome} outcome
   */
  async #heard(view, outcome) {
    if (outcome === "left") return;
    if (outcome === "elsewhere") view.showTrouble("This scene is heard in another window now.");
    await this.#parts.scenes.refresh(view);
  }
}

/** @param {unknown} error */
function isGone(error) {
  return error instanceof ApiError && error.status === 404;
}
