// @ts-check
// The reader's choices about narration, as the server has them.

/** @typedef {import("./wire/protocol.js").TTSSettings} TTSSettings */

/** Dispatches `change`. */
export class Settings extends EventTarget {
  #api;
  /** @type {TTSSettings} The server's defaults, until it has been asked. */
  value = {
    tts_enabled: true,
    auto_play_last_scene: false,
    realtime_tts_enabled: false,
    min_sentence_length: 20,
    provider: "",
    provider_type: "",
    api_url: "",
    timeout_seconds: 30,
    extra_params: {},
    default_voice: "",
    speech_speed: 1,
  };

  /** @param {import("./wire/api.js").Api} api */
  constructor(api) {
    super();
    this.#api = api;
  }

  async load() {
    this.#set(await this.#api.settings());
  }

  /** @param {Partial<TTSSettings>} changes */
  async save(changes) {
    // What the page does not show goes back as it came, but for what only the server can say.
    const { api_key_set: _, provider_available: __, ...settings } = { ...this.value, ...changes };
    this.#set(await this.#api.saveSettings(settings));
  }

  /** @param {TTSSettings} value */
  #set(value) {
    this.value = value;
    this.dispatchEvent(new Event("change"));
  }
}
