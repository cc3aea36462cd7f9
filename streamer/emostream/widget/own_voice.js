// The visitor's voice: how the server gets to know it, and the profile that this browser keeps of it.

import { VoiceEnrolment } from "./voice_enrolment.js";

/** `on` has send(message), profileChanged(): streams begin with another `profile` from here on; and changed(). */
export class OwnVoice {
  profile; // numbers for the models of one server, null without
  enrolment = null; // a `VoiceEnrolment` that goes on
  #wasRefused = false;
  #key;
  #on;

  constructor(host, on) {
    this.#key = `emostream voice ${host}`;
    this.#on = on;
    this.profile = this.#stored();
  }

  /** "known", "lost" where the profile was made with other models, or "unknown". */
  get state() {
    return this.profile ? "known" : this.#wasRefused ? "lost" : "unknown";
  }

  /** Ask for these moods. */
  teach(moods) {
    this.#wasRefused = false;
    this.enrolment = new VoiceEnrolment(moods, { send: this.#on.send, finished: (profile) => this.#finish(profile) });
    this.#on.changed();
  }

  skip() {
    this.enrolment?.skip();
    this.#on.changed();
  }

  again() {
    this.enrolment?.again();
    this.#on.changed();
  }

  cancel() {
    this.enrolment?.cancel();
    this.abandon();
    this.#on.changed();
  }

  /** The stream has ended: what was said of the moods is gone. */
  abandon() {
    this.enrolment = null;
  }

  forget() {
    this.#keep(null);
  }

  /** The server does not take the profile. */
  refuse() {
    this.#wasRefused = true;
    this.#keep(null);
  }

  #finish(profile) {
    this.abandon();
    if (profile) this.#keep(profile);
  }

  #keep(profile) {
    this.profile = profile;
    try {
      if (profile) localStorage.setItem(this.#key, JSON.stringify(profile));
      else localStorage.removeItem(this.#key);
    } catch {
      // A browser that keeps nothing: it holds until the page is left.
    }
    this.#on.profileChanged();
    this.#on.changed();
  }

  #stored() {
    try {
      return JSON.parse(localStorage.getItem(this.#key));
    } catch {
      return null;
    }
  }
}
