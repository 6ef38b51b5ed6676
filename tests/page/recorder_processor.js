// Hands on what it hears, and tells the page every sample of it.
//
// A test may say how much sound is heard before time stands still: the player is not asked for more, and
// what comes meanwhile is not recorded.  So nothing is over before a busy machine gets to what it is to do.

let heard = 0;
let limit = Infinity;

const register = registerProcessor;
globalThis.registerProcessor = (name, Processor) => {
  class Stoppable extends Processor {
    process(...audio) {
      return heard >= limit || super.process(...audio);
    }
  }
  register(name, Stoppable);
};

class Recorder extends AudioWorkletProcessor {
  constructor({ processorOptions }) {
    super();
    limit = processorOptions.limit;
    this.port.onmessage = ({ data }) => (limit = data);
  }

  process([input], [output]) {
    if (heard >= limit) return true;
    const samples = input[0] ?? new Float32Array(128);
    output[0].set(samples);
    for (const it of samples) heard += it !== 0;
    this.port.postMessage(samples.slice());
    return true;
  }
}

register("recorder", Recorder);
