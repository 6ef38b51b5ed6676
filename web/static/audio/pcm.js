// @ts-check
// The server's samples (24 kHz, signed 16 bit little endian, mono) as Web Audio wants them.

export const SAMPLE_RATE = 24_000;

/**
 * @param {DataView} pcm
 * @returns {Float32Array}
 */
export function toFloats(pcm) {
  const samples = new Float32Array(Math.floor(pcm.byteLength / 2));
  for (let i = 0; i < samples.length; i += 1) samples[i] = pcm.getInt16(2 * i, true) / 32_768;
  return samples;
}
