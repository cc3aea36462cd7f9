const NEUTRAL = "neutral";
// Milliseconds of speech in a mood that are enough, at which unbroken speech is, and that are worth anything.
const TARGET_MS = 3_000;
const LONGEST_MS = 6_000;
const LEAST_MS = 1_000;
const ONLY_MOOD_MS = 20_000; // where no other mood is asked for

/**
 * Asks for one mood after the other and, after the last, for the profile; events of the stream in, messages out. `on` has
 * send(message), finished(profile), which is null where nothing was heard.
 */
export class VoiceEnrolment {
  moods;
  heardMs = {}; // of each mood, as the server has counted
  tooShort = false; // whether the mood at hand is asked for again, because the server heard too little of it
  #on;
  #place = 0;
  #isNext = false; // the mood before has just been said
  #isAnswered = false; // the server takes what comes from here on for the mood at hand
  #endedMs = 0; // of utterances that have ended
  #startedMs = null; // when the utterance of now began
  #nowMs = 0;

  constructor(moods, on) {
    this.moods = [...moods].sort((one, other) => (other === NEUTRAL) - (one === NEUTRAL));
    this.#on = on;
    this.#goTo(0);
  }

  /** The mood to speak in now, null after the last. */
  get mood() {
    return this.moods[this.#place] ?? null;
  }

  get place() {
    return this.#place;
  }

  get targetMs() {
    return this.moods.length > 1 ? TARGET_MS : ONLY_MOOD_MS;
  }

  /** Milliseconds of speech in the mood at hand so far. */
  get speechMs() {
    return this.#endedMs + (this.#startedMs === null ? 0 : Math.max(0, this.#nowMs - this.#startedMs));
  }

  /** The stream has begun anew: the server has forgotten what was said. */
  restart() {
    this.heardMs = {};
    this.#goTo(0);
  }

  skip() {
    if (this.mood === null) return;
    this.#on.send({ type: "mood", mood: this.mood }); // what was said of it is forgotten
    this.#goTo(this.#place + 1);
  }

  /** Once more: this mood, or the one before where little of this one was said. */
  again() {
    if (this.mood !== null) this.#goTo(this.speechMs >= LEAST_MS ? this.#place : Math.max(0, this.#place - 1));
  }

  cancel() {
    this.#on.send({ type: "mood", mood: null });
  }

  add(event) {
    if (event.type === "mood") this.#answer(event);
    else if (event.type === "profile") this.#on.finished(event.profile);
    else if (this.#isAnswered && this.mood !== null) this.#listen(event);
  }

  #answer({ mood, seconds }) {
    if (mood !== this.mood) return; // to a mood that was left since
    this.heardMs = Object.fromEntries(Object.entries(seconds).map(([label, part]) => [label, 1000 * part]));
    const before = this.moods[this.#place - 1];
    if (this.#isNext && !(this.heardMs[before] >= LEAST_MS)) this.#goTo(this.#place - 1, { tooShort: true });
    else if (mood !== null) this.#isAnswered = true;
    else if (Object.keys(seconds).length) this.#on.send({ type: "profile", name: "the speaker" });
    else this.#on.finished(null);
  }

  #listen(event) {
    this.#nowMs = event.t_end_ms;
    if (event.type === "utterance_start") this.#startedMs = event.t_start_ms;
    if (event.type === "utterance") {
      this.#endedMs += event.t_end_ms - event.t_start_ms;
      this.#startedMs = null;
    }
    const isSpeaking = this.#startedMs !== null;
    const longestMs = Math.max(LONGEST_MS, this.targetMs);
    if (this.speechMs >= this.targetMs && (!isSpeaking || this.speechMs >= longestMs)) this.#goTo(this.#place + 1, { isNext: true });
  }

  #goTo(place, { isNext = false, tooShort = false } = {}) {
    this.#place = place;
    this.#isNext = isNext;
    this.tooShort = tooShort;
    this.#isAnswered = false;
    this.#endedMs = 0;
    this.#startedMs = null;
    this.#on.send({ type: "mood", mood: this.mood });
  }
}
