const MOST_UNSENT_S = 2;
const BYTES_PER_SAMPLE = Float32Array.BYTES_PER_ELEMENT;

/** Sends the microphone's chunks. Chunks that the socket cannot take in time are left out, and reported as lost. */
export class AudioSender {
  #socket;
  #start;
  #hasBegun = false;
  #isStalled = false;
  #lostSamples = 0;

  constructor(socket, start) {
    this.#socket = socket;
    this.#start = start;
  }

  /** Audio that was lost since the last report to the server, in ms. */
  get unreportedLossMs() {
    return this.#hasBegun ? (1000 * this.#lostSamples) / this.#start.rate : 0;
  }

  /** The socket is open, for the first time or again. Audio from before the first time does not count as lost. */
  begin() {
    if (!this.#hasBegun) this.#lostSamples = 0;
    this.#hasBegun = true;
    this.#socket.send(this.#start);
  }

  /** End the stream and begin another on the same socket. */
  beginAnew(start) {
    this.#start = start;
    if (!this.#hasBegun || !this.#socket.isOpen) return; // it begins once the socket is open
    this.#socket.send({ type: "stop" });
    this.#socket.send(start);
  }

  push({ samples, lost }) {
    this.#lostSamples += lost;
    // After a stall the whole buffer must be sent first: many short gaps would be worse than one long gap.
    const mostUnsentBytes = this.#isStalled ? samples.byteLength : MOST_UNSENT_S * this.#start.rate * BYTES_PER_SAMPLE;
    this.#isStalled = !this.#socket.isOpen || this.#socket.unsentBytes > mostUnsentBytes;
    if (this.#isStalled) {
      this.#lostSamples += samples.length;
      return;
    }
    if (this.#lostSamples) this.#socket.send({ type: "lost", samples: this.#lostSamples });
    this.#lostSamples = 0;
    this.#socket.send(samples);
  }
}
