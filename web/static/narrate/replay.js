// @ts-check
// A scene that was narrated before: fetches its sentences one after the other, a little ahead of the voice.

/** @typedef {import("../wire/protocol.js").SceneAudio} SceneAudio */

const AHEAD_MS = 15_000;

export class Replay {
  #leaving = new AbortController();
  #api;
  #listening;

  /**
   * @param {import("../wire/api.js").Api} api
   * @param {import("./listening.js").Listening} listening
   */
  constructor(api, listening) {
    this.#api = api;
    this.#listening = listening;
  }

  /**
   * Plays from a sentence to the end.
   *
   * @param {SceneAudio} audio
   * @param {number} from
   * @returns {Promise<void>} When everything was fetched, or the replay was left.  It is rejected when
   *   something could not be fetched; what came before is still heard.
   */
  async run(audio, from) {
    const { signal } = this.#leaving;
    try {
      for (const { number, url, start_ms, words } of audio.sentences) {
        if (number < from || url === null) continue;
        await this.#listening.room(AHEAD_MS);
        this.#listening.chunk(number, await this.#api.samples(url, signal), true, start_ms, words);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#listening.end();
    }
  }

  leave() {
    this.#leaving.abort();
  }
}
