// @ts-check
// Who speaks: the service, its voice, how fast, and what else the service can be told.

import { element } from "../dom.js";
import { inWords } from "../wire/api_error.js";
import { Field, fill } from "./field.js";
import { OwnServer } from "./own_server.js";
import { Parameters } from "./parameters.js";
import { SpeedField, USUAL } from "./speed_field.js";
import { VoiceField } from "./voice_field.js";

/** @typedef {import("../wire/protocol.js").Offer} Offer */
/** @typedef {import("../wire/protocol.js").TTSSettings} TTSSettings */
/** @typedef {{voice: string, params: Record<string, unknown>}} Choice What was chosen of a service. */

/** No service is called so. */
const OWN = " own";

/** Nothing that belongs to a service. */
const NONE = { provider: "", provider_type: "", api_url: "", extra_params: {}, default_voice: "" };

const UNLISTED = "Its voices are listed here once it is saved.";

export class Service {
  #api;
  #saved;
  #select = element("select", { id: "provider" });
  #field = new Field(this.#select, "Service");
  #own;
  #voice = new VoiceField();
  #speed;
  #params = new Parameters();
  /** @type {Offer | null} */
  #offer = null;
  /** What is shown: a service's name, OWN, or null while nothing is known. */
  #shown = /** @type {string | null} */ (null);
  /** @type {Map<string, Choice>} What was chosen before of services that are not shown now. */
  #choices = new Map();
  #asking = new AbortController();
  element;

  /**
   * @param {import("../wire/api.js").Api} api
   * @param {TTSSettings} saved
   */
  constructor(api, saved) {
    this.#api = api;
    this.#saved = saved.provider_available === false ? { ...saved, ...NONE } : saved;
    this.#own = new OwnServer(this.#saved);
    this.#field.hint = saved.provider_available === false ? "The one you chose is not offered any more." : "";
    this.#speed = new SpeedField(saved.speech_speed);
    this.#field.element.hidden = true;
    this.#select.addEventListener("change", () => void this.#turn());
    this.#own.addEventListener("change", () => void this.#turn());
    this.#voice.addEventListener("retry", () => void this.load(this.#voice.value));
    this.element = element(
      "div",
      { class: "group" },
      this.#field.element,
      this.#own.element,
      this.#voice.element,
      this.#speed.field.element,
      this.#params.element,
    );
  }

  get fields() {
    return [this.#field, ...this.#own.fields, ...this.#voice.fields, this.#speed.field, ...this.#params.fields];
  }

  /** @returns {Partial<TTSSettings>} What was chosen. */
  get value() {
    const { provider, provider_type, api_url, extra_params } = this.#saved;
    const saved = { provider, provider_type, api_url, extra_params };
    const voice = { default_voice: this.#voice.value, speech_speed: this.#speed.value };
    if (this.#offer === null || this.#shown === null) return { ...saved, ...voice };
    const chosen = { ...voice, extra_params: this.#paramsNow };
    if (this.#shown === OWN) return { ...chosen, ...this.#own.value };
    // Who never chose goes on with whichever service the server prefers.
    const unchosen = provider === "" && this.#shown === this.#offer.provider && !this.#offer.own;
    return { ...chosen, provider: unchosen ? "" : this.#shown, provider_type: "", api_url: "" };
  }

  /**
   * Asks the server what there is.
   *
   * @param {string} [voice] The voice that is chosen.
   */
  async load(voice = this.#choice.voice) {
    this.#asking.abort();
    const { signal } = (this.#asking = new AbortController());
    this.#voice.load(voice);
    try {
      // As it is saved, until the reader chooses.
      const name = this.#shown === null || this.#shown === OWN ? null : this.#shown;
      const offer = await this.#api.voices(name, signal);
      if (!signal.aborted) this.#show(offer, voice);
    } catch (error) {
      if (!signal.aborted) this.#voice.fail(inWords(error), "", voice);
    }
  }

  close() {
    this.#asking.abort();
  }

  get #choice() {
    const saved = { voice: this.#saved.default_voice, params: this.#saved.extra_params };
    if (this.#shown === null) return saved;
    return this.#choices.get(this.#shown) ?? { voice: "", params: {} };
  }

  /** The reader has turned to another service. */
  async #turn() {
    if (this.#shown !== null) {
      this.#choices.set(this.#shown, { voice: this.#voice.value, params: this.#paramsNow });
    }
    this.#shown = this.#select.value;
    this.#showService();
    const { voice } = this.#choice;
    if (this.#shown !== OWN || this.#own.isSaved) return this.load();
    this.#asking.abort();
    this.#voice.offer([], "", voice, UNLISTED);
  }

  /**
   * @param {Offer} offer
   * @param {string} voice
   */
  #show(offer, voice) {
    if (this.#offer === null) this.#begin(offer);
    const { voices, default_voice: usual, error } = offer;
    if (error === null) this.#voice.offer(voices, usual, voice);
    else this.#voice.fail(error.message, usual, voice);
  }

  /** @param {Offer} offer The first: what is saved. */
  #begin(offer) {
    const { providers, own, own_servers, types, provider } = offer;
    this.#offer = offer;
    const options = providers.map(({ name, label }) => ({ value: name, words: called(name, label) }));
    const openToOwn = own_servers !== "no" && types.length > 0;
    if (openToOwn) options.push({ value: OWN, words: "A server of your own" });
    const shown = own && openToOwn ? OWN : provider;
    fill(this.#select, options, shown);
    this.#field.element.hidden = options.length < 2;
    this.#own.types = types;
    this.#choices.set(shown, { voice: this.#saved.default_voice, params: this.#saved.extra_params });
    this.#shown = shown;
    this.#showService();
  }

  #showService() {
    const own = this.#shown === OWN;
    const { providers, types } = /** @type {Offer} */ (this.#offer);
    const about = own
      ? types.find(({ type }) => type === this.#own.type)
      : providers.find(({ name }) => name === this.#shown);
    this.#own.shown = own;
    this.#speed.range = about?.speeds ?? USUAL;
    this.#params.show(about?.params ?? [], this.#choice.params);
  }

  get #paramsNow() {
    const shown = this.#params.value;
    if (this.#shown !== OWN || this.#own.type !== this.#saved.provider_type) return shown;
    // The reader's own server may take some that this page does not know.
    const others = Object.entries(this.#saved.extra_params).filter(([name]) => !this.#params.names.includes(name));
    return { ...Object.fromEntries(others), ...shown };
  }
}

/**
 * @param {string} name The operator's.
 * @param {string} label Its kind's.
 */
function called(name, label) {
  return name === label.toLowerCase() ? label : `${name} (${label})`;
}
