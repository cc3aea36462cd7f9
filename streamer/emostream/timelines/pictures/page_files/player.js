// Plays a recording, or without its sound keeps the place that one is at.

class Player {
  #audio = new Audio();
  #lengthMs = 0;
  #ms = 0;

  /** `changed()` after each change of the state, `failed()` where the browser cannot play the sound. */
  constructor(changed, failed) {
    this.#audio.preload = "auto";
    for (const name of ["play", "pause", "ended", "seeked", "loadedmetadata"]) this.#audio.addEventListener(name, changed);
    this.#audio.addEventListener("error", () => this.hasSound && failed());
    this.#audio.addEventListener("loadedmetadata", () => (this.#audio.currentTime = this.#ms / 1000));
  }

  load(url, lengthMs, ms = 0) {
    this.pause();
    [this.#lengthMs, this.#ms] = [lengthMs, ms];
    const speed = this.#audio.playbackRate;
    if (url) this.#audio.src = url;
    else this.#audio.removeAttribute("src");
    this.#audio.load();
    this.#audio.playbackRate = speed;
  }

  get hasSound() {
    return this.#audio.hasAttribute("src");
  }

  get isPlaying() {
    return !this.#audio.paused && !this.#audio.ended;
  }

  get ms() {
    return this.isPlaying ? Math.min(this.#audio.currentTime * 1000, this.#lengthMs) : this.#ms;
  }

  set speed(rate) {
    this.#audio.defaultPlaybackRate = this.#audio.playbackRate = rate;
  }

  seek(ms) {
    this.#ms = Math.min(Math.max(0, ms), this.#lengthMs);
    if (this.hasSound && this.#audio.readyState > 0) this.#audio.currentTime = this.#ms / 1000;
  }

  async toggle() {
    if (this.isPlaying) this.pause();
    else if (this.hasSound) {
      if (this.#ms >= this.#lengthMs - 50) this.seek(0);
      await this.#audio.play().catch(() => {}); // the element tells why by its error
    }
  }

  pause() {
    this.keepPlace();
    this.#audio.pause();
  }

  /** While it plays the place is the audio's own. */
  keepPlace() {
    if (this.isPlaying || this.#audio.ended) this.#ms = Math.min(this.#audio.currentTime * 1000, this.#lengthMs);
  }
}
