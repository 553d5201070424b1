// A voice note: recorded, stopped, played back. It is played by Web Audio: a strict content policy lets no player show
// what was not served.

const TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];
const ENDINGS = { "audio/webm": "webm", "audio/mp4": "m4a", "audio/ogg": "ogg" };

export class Recording {
  // Throws a DOMException where there is no microphone, or none that may be used.
  static async begin() {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    return new Recording(stream);
  }

  constructor(stream) {
    this.stream = stream;
    this.started = performance.now();
    const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
    this.recorder = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: 48000 });
    this.pieces = [];
    this.recorder.ondataavailable = ({ data }) => this.pieces.push(data);
    this.recorder.start(1000);
  }

  get seconds() {
    return Math.floor((performance.now() - this.started) / 1000);
  }

  // The file; null where nothing was recorded.
  async end(name) {
    const stopped = new Promise((resolve) => (this.recorder.onstop = resolve));
    if (this.recorder.state !== "inactive") this.recorder.stop();
    else this.recorder.onstop();
    await stopped;
    this.release();
    const type = this.recorder.mimeType.split(";")[0];
    const blob = new Blob(this.pieces, { type });
    return blob.size ? new File([blob], `${name}.${ENDINGS[type] ?? "webm"}`, { type }) : null;
  }

  discard() {
    if (this.recorder.state !== "inactive") this.recorder.stop();
    this.release();
  }

  release() {
    for (const track of this.stream.getTracks()) track.stop();
  }
}

export class Playback {
  constructor(blob, ended) {
    this.blob = blob;
    this.ended = ended;
  }

  async start() {
    this.context = new AudioContext();
    const buffer = await this.context.decodeAudioData(await this.blob.arrayBuffer());
    this.source = this.context.createBufferSource();
    this.source.buffer = buffer;
    this.source.connect(this.context.destination);
    this.source.onended = () => this.stop();
    this.source.start();
  }

  stop() {
    if (!this.context) return;
    this.source?.stop();
    this.context.close();
    this.context = null;
    this.ended();
  }
}
