// @ts-check
// Takes a binary message apart: a 4-byte length, that much JSON, and audio.

/** @typedef {import("./protocol.js").AudioChunk} AudioChunk */

const decoder = new TextDecoder();

/**
 * @param {ArrayBuffer} frame
 * @returns {{message: AudioChunk, audio: DataView}}
 */
export function readFrame(frame) {
  const length = new DataView(frame).getUint32(0);
  const json = decoder.decode(new Uint8Array(frame, 4, length));
  return { message: JSON.parse(json), audio: new DataView(frame, 4 + length) };
}
