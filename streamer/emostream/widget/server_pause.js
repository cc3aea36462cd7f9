// The pause of the server's own microphone: whether this visitor may have it, and the requests that ask for it.

const MICROPHONE = "live"; // the stream of the server's own microphone
const ANSWER_MS = 5_000;

/** `changed()` is called when the server has answered, or has not in time. */
export class ServerPause {
  isOffered = false; // the server lets this visitor pause
  isPaused = false;
  answer = null; // {key}: the text that says what became of the latest request, where the state does not; another object each time
  #address = null;
  #isAsking = false;
  #changed;

  constructor(changed) {
    this.#changed = changed;
  }

  /** Ask the server at this address (see `addressOf`) whether this visitor may pause. */
  async offer(address) {
    const isNew = address !== this.#address;
    this.#address = address;
    if (address.stream !== MICROPHONE) return;
    if (!isOwn(address.url)) {
      if (isNew) console.warn("<emo-stream pausable> has no button here: only pages of the server's own origin may ask for a pause");
      return;
    }
    const response = await ask(address, "pause", "GET");
    if (address !== this.#address) return;
    this.isOffered = Boolean(response?.ok);
    this.#changed();
  }

  /** There is nothing to pause here, or no longer. */
  withdraw() {
    this.isOffered = this.isPaused = false;
    this.answer = this.#address = null;
  }

  /** Who keeps it paused now, as `health` says. Once that begins or ends, the latest answer is of the past. */
  follow(pausedBy) {
    const isPaused = pausedBy.length > 0;
    if (isPaused !== this.isPaused) this.answer = null;
    this.isPaused = isPaused;
  }

  /** Pause, or end the pause. Within quiet hours only a person's pause ends. */
  async toggle() {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const [address, isPaused] = [this.#address, this.isPaused];
    const response = await ask(address, isPaused ? "resume" : "pause", "POST");
    const pausedBy = (await response?.json().catch(() => null))?.paused_by;
    this.#isAsking = false;
    if (address !== this.#address) return;
    this.answer = null;
    if (!response || response.status >= 500) this.answer = { key: "pauseUnanswered" };
    else if (!response.ok) {
      this.isOffered = false;
      this.answer = { key: "pauseRefused" };
    } else if (isPaused && pausedBy?.includes("schedule")) this.answer = { key: "quietHoursStay" };
    this.#changed();
  }
}

/** Whether the page came from where the socket is: browsers keep the answers to other pages from them. */
function isOwn(url) {
  return url.origin.replace(/^ws/, "http") === location.origin;
}

/** The server's response; null where none came. */
async function ask({ url, token }, path, method) {
  const address = new URL(path, url.href.replace(/^ws/, "http"));
  const headers = token === null ? {} : { Authorization: `Bearer ${token}` };
  try {
    return await fetch(address, { method, headers, cache: "no-store", redirect: "error", signal: AbortSignal.timeout(ANSWER_MS) });
  } catch {
    return null;
  }
}
