// @ts-check
// A short piece of sound that comes as a file.  It needs no worklet, and so is heard on unencrypted pages too.

import { ApiError } from "../wire/api_error.js";
import { audioContext } from "./context.js";

export class Sample {
  #context = audioContext();

  /**
   * @param {string} file In base64.
   * @param {AbortSignal} signal
   * @returns {Promise<void>} Kept when it was heard, or called off.
   */
  async play(file, signal) {
    const bytes = Uint8Array.from(atob(file), (character) => character.charCodeAt(0));
    const buffer = await this.#context.decodeAudioData(bytes.buffer).catch(() => {
      throw new ApiError(0, "unplayable", "This browser cannot play the sample.");
    });
    if (signal.aborted) return;
    const source = new AudioBufferSourceNode(this.#context, { buffer });
    source.connect(this.#context.destination);
    await new Promise((resolve) => {
      source.onended = resolve;
      signal.addEventListener("abort", resolve);
      source.start();
    });
  }

  /** Silence, now. */
  close() {
    void this.#context.close();
  }
}
