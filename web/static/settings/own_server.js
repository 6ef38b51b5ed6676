// @ts-check
// A TTS server of the reader's own: where it is, and what it asks for.

import { element } from "../dom.js";
import { Field, fill } from "./field.js";

/** @typedef {import("../wire/protocol.js").TTSSettings} TTSSettings */
/** @typedef {import("../wire/protocol.js").OwnType} OwnType */

const NO_KEY = "No key is saved. Many servers need none.";
const KEY = "A key is saved. Leave this empty to keep it.";
const ANOTHER_KEY = "The saved key stays with the address it was saved for. This one needs its own, if any.";

/** Dispatches `change` when it is another server. */
export class OwnServer extends EventTarget {
  #saved;
  #type = element("select", { id: "provider_type" });
  #url = element("input", {
    type: "url",
    id: "api_url",
    pattern: "https?://.+",
    title: "An address that begins with http:// or https://",
    maxlength: 2_000,
    autocomplete: "off",
    placeholder: "https://tts.example.org",
  });
  #key = element("input", {
    type: "password",
    id: "api_key",
    maxlength: 2_000,
    // Not the reader's password for this page.
    autocomplete: "new-password",
  });
  #remove = element("input", { type: "checkbox", id: "remove_key" });
  #seconds = element("input", {
    type: "number",
    id: "timeout_seconds",
    min: 1,
    max: 300,
    step: "any",
    required: true,
  });
  fields;
  element;

  /** @param {TTSSettings} saved */
  constructor(saved) {
    super();
    this.#saved = saved;
    this.#url.value = saved.api_url;
    this.#seconds.value = String(saved.timeout_seconds);
    const kept = saved.api_key_set === true;
    const key = new Field(this.#key, "Key");
    const showHint = () => {
      key.hint = kept ? (this.#isElsewhere ? ANOTHER_KEY : KEY) : NO_KEY;
    };
    showHint();
    this.fields = [
      new Field(this.#type, "Kind of server"),
      new Field(this.#url, "Address"),
      key,
      new Field(this.#seconds, "Waiting time", "In seconds, for a sentence's first sound."),
    ];
    const removal = element("label", { class: "check", hidden: !kept }, this.#remove, "Remove the saved key");
    const rows = this.fields.map((field) => /** @type {HTMLElement} */ (field.element));
    rows.splice(3, 0, removal);
    this.element = element("fieldset", { class: "group" }, element("legend", {}, "A server of your own"), ...rows);
    this.#url.addEventListener("input", showHint);
    this.#remove.addEventListener("change", () => {
      this.#key.disabled = this.#remove.checked;
    });
    for (const control of [this.#type, this.#url]) {
      control.addEventListener("change", () => this.dispatchEvent(new Event("change")));
    }
    this.shown = false;
  }

  /** @param {OwnType[]} types */
  set types(types) {
    const known = types.some(({ type }) => type === this.#saved.provider_type);
    const chosen = this.#type.value || (known ? this.#saved.provider_type : (types[0]?.type ?? ""));
    fill(this.#type, types.map(({ type, label }) => ({ value: type, words: label })), chosen);
  }

  /** @param {boolean} shown */
  set shown(shown) {
    this.element.hidden = !shown;
    // What is not shown need not be filled in.
    this.element.disabled = !shown;
  }

  get type() {
    return this.#type.value;
  }

  /** Whether it is the one that the server knows of. */
  get isSaved() {
    return this.type === this.#saved.provider_type && this.#url.value.trim() === this.#saved.api_url;
  }

  /** Whether the saved key is not for this server. */
  get #isElsewhere() {
    return originOf(this.#url.value) !== originOf(this.#saved.api_url);
  }

  get value() {
    const value = {
      provider: "",
      provider_type: this.#type.value,
      api_url: this.#url.value.trim(),
      timeout_seconds: this.#seconds.valueAsNumber,
    };
    if (this.#remove.checked) return { ...value, api_key: "" };
    return this.#key.value === "" ? value : { ...value, api_key: this.#key.value };
  }
}

/** @param {string} url */
function originOf(url) {
  try {
    return new URL(url).origin;
  } catch {
    return "";
  }
}
