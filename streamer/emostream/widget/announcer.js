const DELAY_MS = 700;
const INTERVAL_MS = 5_000;

/** Announces changes to screen readers: once a text has stayed for a moment, and not too often to follow. */
export class Announcer {
  #region;
  #next = "";
  #timer = 0;
  #announcedAt = -INTERVAL_MS;

  constructor(region) {
    this.#region = region;
  }

  announce(text) {
    if (!text) return;
    this.#next = text;
    this.#timer ||= setTimeout(() => this.#show(), Math.max(DELAY_MS, this.#announcedAt + INTERVAL_MS - performance.now()));
  }

  /** Somebody has pressed a button: what comes of it is announced soon, even where it is the same text again. */
  expect() {
    this.#restart();
    this.#announcedAt = -INTERVAL_MS;
    this.#region.textContent = "";
  }

  /** Announce at once what somebody waits for, before all else. */
  tell(text) {
    this.#restart();
    this.#announcedAt = performance.now();
    this.#region.textContent = text;
  }

  #restart() {
    clearTimeout(this.#timer);
    this.#timer = 0;
  }

  #show() {
    this.#timer = 0;
    if (this.#next === this.#region.textContent) return;
    this.#announcedAt = performance.now();
    this.#region.textContent = this.#next;
  }
}
