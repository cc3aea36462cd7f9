// The data that stand in the page: recordings with their utterances, gaps, steps, the outline of the sound, the sound.

function bytesOf(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** `p` is an array of the labels' probabilities for each step, 0 to 200, 255 where nobody speaks. */
function unpacked(recording, number) {
  const { steps, envelope } = recording;
  const utterances = recording.utterances.map((utterance) => ({ ...utterance, recording: number }));
  return {
    ...recording,
    number,
    utterances,
    steps: steps && { ends: new Uint32Array(bytesOf(steps.ends).buffer), p: bytesOf(steps.p) },
    envelope: envelope && {
      columnMs: envelope.columnMs,
      low: new Int8Array(bytesOf(envelope.low).buffer),
      high: new Int8Array(bytesOf(envelope.high).buffer),
    },
  };
}

class Recordings {
  #data = JSON.parse(document.getElementById("data").textContent);
  #unpacked = new Map();
  #urls = new Map();

  get count() {
    return this.#data.recordings.length;
  }

  get names() {
    return this.#data.recordings.map(({ name, verdict }) => (verdict ? `${name}: ${verdict}` : name));
  }

  get labels() {
    return Object.keys(this.#data.colours);
  }

  get haveAudio() {
    return this.#data.recordings.some(({ hasAudio }) => hasAudio);
  }

  colour(label) {
    return this.#data.colours[label];
  }

  letter(label) {
    return this.#data.letters[label];
  }

  at(number) {
    if (!this.#unpacked.has(number)) this.#unpacked.set(number, unpacked(this.#data.recordings[number], number));
    return this.#unpacked.get(number);
  }

  /** The utterances of all recordings. */
  get utterances() {
    return this.#data.recordings.flatMap((_, number) => this.at(number).utterances);
  }

  /** An address of the sound that is in the page, or that a person chose; null without. */
  audioUrl(number) {
    if (!this.#urls.has(number)) {
      const element = document.getElementById(`audio-${number}`);
      if (!element) return null;
      this.#urls.set(number, URL.createObjectURL(new Blob([bytesOf(element.textContent)], { type: element.dataset.type })));
    }
    return this.#urls.get(number);
  }

  chooseAudio(number, file) {
    if (this.#urls.has(number)) URL.revokeObjectURL(this.#urls.get(number));
    this.#urls.set(number, URL.createObjectURL(file));
  }
}
