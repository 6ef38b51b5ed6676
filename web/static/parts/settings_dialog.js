// @ts-check
// The reader's settings.

import { element } from "../dom.js";
import { Field, toggle } from "../settings/field.js";
import { Listen } from "../settings/listen.js";
import { Service } from "../settings/service.js";
import { ask } from "./dialog.js";

/**
 * @param {object} parts
 * @param {import("../settings.js").Settings} parts.settings
 * @param {import("../wire/api.js").Api} parts.api
 * @param {import("../audio/player.js").Player} parts.player
 */
export async function openSettings({ settings, api, player }) {
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
  const input = element("input", {
    type: "number",
    id: "min_sentence_length",
    min: 0,
    max: 200,
    step: 1,
    required: true,
    value: value.min_sentence_length,
  });
  const shortest = new Field(
    input,
    "Shortest sentence",
    "In characters. Shorter ones are spoken together with their neighbour.",
  );
  const service = new Service(api, value);
  const listen = new Listen({ api, player, settings: () => service.value });
  service.element.addEventListener("input", () => listen.forget());
  void service.load();

  await ask({
    title: "Settings",
    content: [
      spoken.row,
      autoPlay.row,
      realtime.row,
      service.element,
      listen.element,
      shortest.element,
      element("p", { class: "hint" }, "Changes take effect with the next scene that is told or narrated."),
    ],
    action: "Save",
    onYes: () => settings.save({
      tts_enabled: spoken.input.checked,
      auto_play_last_scene: autoPlay.input.checked,
      realtime_tts_enabled: realtime.input.checked,
      min_sentence_length: input.valueAsNumber,
      ...service.value,
    }),
    onTrouble: (words) => complain([...service.fields, shortest], words),
  });
  service.close();
  listen.close();
}

/**
 * @param {Field[]} fields
 * @param {string} words What the server does not like.
 * @returns {boolean} Whether it is about one of these, and is said there.
 */
function complain(fields, words) {
  const named = fields.find(({ name, shown }) => shown && new RegExp(`(?<!\\w)${name}(?!\\w)`).test(words));
  for (const field of fields) field.complain(field === named ? words : "");
  return named !== undefined;
}
