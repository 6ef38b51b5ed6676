// @ts-check
// The browser's way to the loudspeaker, as this page wants it.

import { SAMPLE_RATE } from "./pcm.js";

/** Browsers let its sound through only if it is made inside a click or a key press. */
export function audioContext() {
  // On iPhones, so that a phone that is set to silent still tells its stories.
  const { audioSession } = /** @type {{audioSession?: {type: string}}} */ (navigator);
  if (audioSession !== undefined) audioSession.type = "playback";
  return new AudioContext({ sampleRate: SAMPLE_RATE });
}
