// Which part of a recording is seen: `start` and `end` in ms, always within it.

const NARROWEST_MS = 500;

class Viewport {
  constructor(lengthMs) {
    this.lengthMs = Math.max(1, lengthMs);
    this.start = 0;
    this.end = this.lengthMs;
  }

  get width() {
    return this.end - this.start;
  }

  get isWhole() {
    return this.width >= this.lengthMs;
  }

  /** Show `factor` times less, such that `ms` stays where it is. */
  zoom(factor, ms) {
    const width = Math.min(this.lengthMs, Math.max(Math.min(NARROWEST_MS, this.lengthMs), this.width / factor));
    const part = (ms - this.start) / this.width;
    this.#show(ms - part * width, width);
  }

  moveBy(ms) {
    this.#show(this.start + ms, this.width);
  }

  /** Turn to the page that `ms` is on. */
  turnTo(ms) {
    if (ms < this.start || ms > this.end) this.#show(ms - this.width * 0.1, this.width);
  }

  centreOn(ms) {
    this.#show(ms - this.width / 2, this.width);
  }

  showAll() {
    this.#show(0, this.lengthMs);
  }

  contains(ms) {
    return ms >= this.start && ms <= this.end;
  }

  #show(start, width) {
    this.start = Math.min(Math.max(0, start), this.lengthMs - width);
    this.end = this.start + width;
  }
}
