// Hands on what it hears, and tells the page every sample of it.

class Recorder extends AudioWorkletProcessor {
  process([input], [output]) {
    const samples = input[0] ?? new Float32Array(128);
    output[0].set(samples);
    this.port.postMessage(samples.slice());
    return true;
  }
}

registerProcessor("recorder", Recorder);
