// @ts-check
// Watches a scene that is being written without us, until it is finished.

import { ApiError } from "../wire/api_error.js";

/** @typedef {import("../wire/protocol.js").Scene} Scene */

const FIRST_LOOK_MS = 500;
const SLOWEST_LOOK_MS = 5_000;

/**
 * @param {import("../wire/api.js").Api} api
 * @param {number} sceneId
 * @param {(scene: Scene) => void} onLook Called with the scene as it grows, and as it ends.
 * @param {AbortSignal} signal
 */
export async function untilWritten(api, sceneId, onLook, signal) {
  for (let wait = FIRST_LOOK_MS; !signal.aborted; wait = Math.min(wait * 1.5, SLOWEST_LOOK_MS)) {
    try {
      const scene = await api.scene(sceneId, signal);
      onLook(scene);
      if (scene.state !== "writing") return;
    } catch (error) {
      if (signal.aborted) return;
      // The server may be starting anew: it comes back, or the reader leaves.
      if (!(error instanceof ApiError) || error.status !== 0) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
