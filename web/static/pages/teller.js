// @ts-check
// Has scenes told: new ones, ones that broke off, and ones that were being told when the page was opened.

import { Player } from "../audio/player.js";
import { inWords } from "../wire/api_error.js";

/** @typedef {import("../parts/scene_view.js").SceneView} SceneView */
/** @typedef {import("../wire/protocol.js").Scene} Scene */
/** @typedef {import("../wire/protocol.js").Session} Session */
/** @typedef {import("../wire/protocol.js").SessionStatus} SessionStatus */

/**
 * @typedef {object} TellerParts
 * @property {import("../wire/api.js").Api} api
 * @property {import("../narrate/stage.js").Stage} stage
 * @property {import("./scene_list.js").SceneList} scenes
 * @property {(busy: boolean) => void} onBusy Whether the next scene has to wait.
 */

/** A page that is loaded anew may come before the server knows that the old one has gone. */
const SECOND_LOOK_MS = 500;

export class Teller {
  #parts;
  /** @type {Set<SceneView>} What has to be finished before the next scene can be told. */
  #busy = new Set();

  /** @param {TellerParts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * A scene that somebody has just asked for.  Fails when it cannot begin.
   *
   * @param {Promise<Session>} asked
   * @param {boolean} aloud
   * @param {(session: Session) => SceneView} show
   * @returns {Promise<SceneView | null>} Null if the reader has left meanwhile.
   */
  async begin(asked, aloud, show) {
    const { stage, scenes } = this.#parts;
    const heard = aloud && Player.obstacle === null;
    // Both at once, while the browser still counts this as the click.
    const [session] = await Promise.all([asked, heard ? stage.unlock() : undefined]);
    if (scenes.closed) return null;
    const view = show(session);
    view.showTrouble(aloud ? (Player.obstacle ?? "") : "");
    this.#follow(view, session, heard, null);
    return view;
  }

  /**
   * A scene that was being told when the page was opened.
   *
   * @param {SceneView} view
   * @param {SessionStatus} session
   */
  async comeBack(view, session) {
    const { api, scenes } = this.#parts;
    if (session.listener !== "connected") return this.#rejoin(view, session);
    await new Promise((resolve) => setTimeout(resolve, SECOND_LOOK_MS));
    const again = toldNow(await api.sessions().catch(() => []), view.scene);
    if (scenes.closed) return;
    if (again !== undefined && again.listener !== "connected") return this.#rejoin(view, again);
    return this.#written(view, again === undefined ? "gone" : "elsewhere");
  }

  /** @param {SceneView} view A scene that is told in another window, and is to be heard here. */
  async takeOver(view) {
    const { api, scenes } = this.#parts;
    view.showElsewhere(false);
    try {
      const session = toldNow(await api.sessions(), view.scene);
      view.showTrouble("");
      if (session !== undefined) await this.#rejoin(view, session);
      else await scenes.watch(view);
    } catch (error) {
      view.showElsewhere(true);
      view.showTrouble(inWords(error));
    }
  }

  /**
   * Listens here from now on, from where the listener was.
   *
   * @param {SceneView} view
   * @param {SessionStatus} session
   */
  async #rejoin(view, session) {
    const heard = Player.obstacle === null;
    if (heard) await this.#parts.stage.unlock();
    if (this.#parts.scenes.closed) return;
    this.#follow(view, session, heard, session.listening.playhead?.sentence_number ?? null);
  }

  /**
   * @param {SceneView} view
   * @param {Session} session
   * @param {boolean} aloud
   * @param {number | null} from
   */
  #follow(view, session, aloud, from) {
    view.showTelling(true);
    this.#busy.add(view);
    this.#parts.onBusy(true);
    this.#parts.stage.tell({ session, view, aloud, from, onEnd: (outcome) => this.#written(view, outcome) });
  }

  /**
   * @param {SceneView} view The scene that was being told.
   * @param {import("../narrate/live_narration.js").Outcome} outcome
   */
  async #written(view, outcome) {
    view.showTelling(false);
    view.showElsewhere(outcome === "elsewhere");
    if (outcome === "gone") view.showTrouble("The narration is over. The text follows here as it is written.");
    const found = await this.#parts.scenes.watch(view);
    if (found && outcome === "gone") view.showTrouble("The narration ended while the connection was lost.");
    this.#busy.delete(view);
    this.#parts.onBusy(this.#busy.size > 0);
  }
}

/**
 * The session that is at work on a scene, and would have a listener.
 *
 * @param {SessionStatus[]} sessions
 * @param {Scene} scene
 */
export function toldNow(sessions, { id }) {
  return sessions.find((it) => {
    return it.scene_id === id && !it.background && it.state !== "ended" && it.listener !== "gone";
  });
}
