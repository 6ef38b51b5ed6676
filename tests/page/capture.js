// Puts a recorder between the page's player and the loudspeaker.  Runs before the page's own scripts.
//
// The page knows nothing of it: a node that is connected to the destination is connected to the
// recorder instead, and the recorder to the destination.  RECORDER, the source of
// recorder_processor.js, is put in front of this file: a module of the audio thread
// passes by everything that stands between a browser and its server, so it cannot be slipped in there.

globalThis.recording = [];
/** The context that plays. */
globalThis.playing = undefined;

let recorder;
let limit = Infinity;
/** How much sound is heard before time stands still, in samples. */
globalThis.holdAt = (samples) => {
  limit = samples;
  recorder?.port.postMessage(limit);
};

const recorders = new WeakMap();

const recorderUrl = URL.createObjectURL(new Blob([RECORDER], { type: "text/javascript" }));

const addModule = AudioWorklet.prototype.addModule;
AudioWorklet.prototype.addModule = async function (url, options) {
  await addModule.call(this, recorderUrl);
  return addModule.call(this, url, options);
};

// A file is played without a module of the page's.
const decode = BaseAudioContext.prototype.decodeAudioData;
BaseAudioContext.prototype.decodeAudioData = async function (file) {
  await addModule.call(this.audioWorklet, recorderUrl);
  return decode.call(this, file);
};

const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (target, ...rest) {
  if (!(target instanceof AudioDestinationNode)) return connect.call(this, target, ...rest);
  recorder = recorders.get(this.context);
  if (recorder === undefined) {
    const processorOptions = { limit };
    recorder = new AudioWorkletNode(this.context, "recorder", { outputChannelCount: [1], processorOptions });
    recorder.port.onmessage = ({ data }) => globalThis.recording.push(data);
    recorders.set(this.context, recorder);
    globalThis.playing = this.context;
    connect.call(recorder, target);
  }
  return connect.call(this, recorder, ...rest);
};
