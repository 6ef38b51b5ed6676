// @ts-check
// The reader's settings.

import { element } from "../dom.js";
import { ask } from "./dialog.js";

/**
 * @param {import("../settings.js").Settings} settings
 */
export async function openSettings(settings) {
  await settings.load();
  const { value } = settings;
  const spoken = toggle("tts_enabled", "Narration", "Speak scenes aloud.", value.tts_enabled);
  const autoPlay = toggle(
    "auto_play_last_scene",
    "Auto-play Last Scene",
    "Automatically narrate new scenes after generation completes.",
    value.auto_play_last_scene,
  );
  const realtime = toggle(
    "realtime_tts_enabled",
    "Real-time TTS During Generation",
    "Hear narration while the scene is being written (experimental).",
    value.realtime_tts_enabled,
  );
  const follow = () => {
    for (const { input } of [autoPlay, realtime]) input.disabled = !spoken.input.checked;
  };
  spoken.input.addEventListener("change", follow);
  follow();
  const speed = speedField(value.speech_speed);
  const shortest = element("input", {
    type: "number",
    id: "min_sentence_length",
    min: 0,
    max: 200,
    step: 1,
    required: true,
    "aria-describedby": "min_sentence_length-hint",
    value: value.min_sentence_length,
  });

  await ask({
    title: "Settings",
    content: [
      spoken.row,
      autoPlay.row,
      realtime.row,
      speed.row,
      element(
        "div",
        { class: "field" },
        element("label", { for: "min_sentence_length" }, "Shortest sentence"),
        element(
          "p",
          { class: "hint", id: "min_sentence_length-hint" },
          "In characters. Shorter ones are spoken together with their neighbour.",
        ),
        shortest,
      ),
      element("p", { class: "hint" }, "Changes take effect with the next scene that is told or narrated."),
    ],
    action: "Save",
    onYes: () => settings.save({
      tts_enabled: spoken.input.checked,
      auto_play_last_scene: autoPlay.input.checked,
      realtime_tts_enabled: realtime.input.checked,
      speech_speed: speed.input.valueAsNumber,
      min_sentence_length: shortest.valueAsNumber,
    }),
  });
}

/**
 * @param {string} id
 * @param {string} name
 * @param {string} description
 * @param {boolean} checked
 */
function toggle(id, name, description, checked) {
  const input = element("input", {
    type: "checkbox",
    role: "switch",
    id,
    checked,
    "aria-describedby": `${id}-hint`,
  });
  const words = element(
    "div",
    {},
    element("label", { for: id }, name),
    element("p", { class: "hint", id: `${id}-hint` }, description),
  );
  return { input, row: element("div", { class: "switch" }, words, input) };
}

/** @param {number} value */
function speedField(value) {
  const shown = element("output", { for: "speech_speed" });
  const input = element("input", {
    type: "range",
    id: "speech_speed",
    min: Math.min(0.5, value),
    max: Math.max(2, value),
    step: 0.05,
    value,
  });
  const show = () => {
    shown.textContent = `${input.valueAsNumber.toFixed(2)}×`;
  };
  input.addEventListener("input", show);
  show();
  const label = element("label", { for: "speech_speed" }, "Speed ", shown);
  return { input, row: element("div", { class: "field" }, label, input) };
}
