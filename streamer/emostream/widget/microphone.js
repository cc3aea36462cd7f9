// This browser's microphone, captured in the audio thread by capture.js.

// Processing for calls changes the sound of a voice.
const CONSTRAINTS = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: { ideal: 1 } };

// How often to ask for an AudioContext that the browser has suspended: for a call, a screen lock, or to save power.
const RESUME_EVERY_MS = 1000;

const WORKLET = new URL("./capture.js", import.meta.url).href;

/**
 * `onChunk` gets {samples, lost} at `rateHz`; `onChange` is called after each change of `state`. `failure` is why it gives no
 * audio, {name, message} as of a DOMException, or null. `worklet` is the address of capture.js, by default that beside this file.
 */
export class Microphone {
  state = "off"; // or "asking" (for permission), "on", "paused"
  failure = null;
  #worklet;
  #onChunk;
  #onChange;
  #context = null;
  #media = null;

  constructor(worklet, onChunk, onChange) {
    this.#worklet = worklet || WORKLET;
    this.#onChunk = onChunk;
    this.#onChange = onChange;
    if (!Microphone.isPossible) this.failure = { name: "InsecureContext" };
  }

  static get isPossible() {
    return isSecureContext && Boolean(navigator.mediaDevices);
  }

  get rateHz() {
    return this.#context.sampleRate;
  }

  /** To be called on a click: without one an AudioContext does not run. Resolves to whether the microphone is on. */
  async start() {
    const context = (this.#context = new AudioContext());
    const isCurrent = () => this.#context === context; // false after a stop during the wait
    this.#become("asking");
    try {
      await context.audioWorklet.addModule(this.#worklet);
      const media = await navigator.mediaDevices.getUserMedia({ audio: CONSTRAINTS });
      if (isCurrent()) this.#capture(context, media);
      else for (const track of media.getTracks()) track.stop();
    } catch (error) {
      if (isCurrent()) this.stop({ name: error.name, message: error.message });
    }
    return isCurrent();
  }

  /** While paused, the browser itself gives silence instead of the voice, so the stream's clock goes on. */
  pause(paused) {
    for (const track of this.#media.getTracks()) track.enabled = !paused;
    this.#become(paused ? "paused" : "on");
  }

  stop(failure = null) {
    for (const track of this.#media?.getTracks() ?? []) track.stop();
    this.#context?.close();
    this.#context = this.#media = null;
    this.#become("off", failure);
  }

  #capture(context, media) {
    this.#media = media;
    const node = new AudioWorkletNode(context, "emostream-capture", { channelCount: 1, channelCountMode: "explicit" });
    node.port.onmessage = ({ data }) => {
      node.port.postMessage(null);
      if (this.#context === context) this.#onChunk(data);
    };
    this.#countSuspensions(context, node);
    // Some browsers run only nodes that are connected to the loudspeaker; the processor's output is silence.
    context.createMediaStreamSource(media).connect(node).connect(context.destination);
    for (const track of media.getTracks()) track.onended = () => this.stop({ name: "Ended" });
    this.#become("on");
  }

  /** While an AudioContext is suspended nothing is captured and its clock stands: that time is lost, by the clock of the page. */
  #countSuspensions(context, node) {
    let stoppedAtMs = null;
    let timer = null;
    context.onstatechange = () => {
      clearInterval(timer);
      if (this.#context !== context) return;
      if (context.state !== "running") {
        stoppedAtMs ??= Date.now();
        const resume = () => context.resume().catch(() => {}); // refused until somebody clicks: ask again
        timer = setInterval(() => (this.#context === context ? resume() : clearInterval(timer)), RESUME_EVERY_MS);
        resume();
      } else if (stoppedAtMs !== null) {
        node.port.postMessage({ lost: Math.round(((Date.now() - stoppedAtMs) / 1000) * context.sampleRate) });
        stoppedAtMs = null;
      }
    };
  }

  #become(state, failure = null) {
    [this.state, this.failure] = [state, failure];
    this.#onChange();
  }
}
