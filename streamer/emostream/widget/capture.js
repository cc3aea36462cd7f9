// The AudioWorklet module of the microphone: it runs in the browser's audio thread, apart from the page.

const CHUNK_S = 0.1;
const MOST_UNREAD_CHUNKS = 50; // a page that is held up for longer than these 5 s loses audio, and no memory

/** Collects blocks of 128 samples into chunks of about `CHUNK_S`, and posts {samples, lost}: `lost` counts samples. */
class CaptureProcessor extends AudioWorkletProcessor {
  #chunk = null;
  #filled = 0;
  #unreadChunks = 0;
  #lostSamples = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => {
      if (data === null) this.#unreadChunks--; // the page has read a chunk
      else this.#lose(data.lost);
    };
  }

  process([[samples]]) {
    if (!samples) return true;
    this.#chunk ??= new Float32Array(samples.length * Math.round((CHUNK_S * sampleRate) / samples.length));
    this.#chunk.set(samples, this.#filled);
    this.#filled += samples.length;
    if (this.#filled >= this.#chunk.length) this.#post();
    return true;
  }

  /** The browser left out so many samples: what was collected before them goes first, and in no chunk with what follows. */
  #lose(samples) {
    if (this.#filled) this.#post();
    this.#lostSamples += samples;
  }

  #post() {
    const chunk = this.#chunk.slice(0, this.#filled);
    [this.#chunk, this.#filled] = [null, 0];
    if (this.#unreadChunks >= MOST_UNREAD_CHUNKS) {
      this.#lostSamples += chunk.length;
      return;
    }
    this.#unreadChunks++;
    this.port.postMessage({ samples: chunk, lost: this.#lostSamples }, [chunk.buffer]);
    this.#lostSamples = 0;
  }
}

registerProcessor("emostream-capture", CaptureProcessor);
