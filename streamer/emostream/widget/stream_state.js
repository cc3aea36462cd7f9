export const TIMELINE_MS = 60_000;
const MAX_ESTIMATES = 2_000;

/** A hello and the events after it, as far back as the timeline shows. */
export class StreamState {
  constructor(hello) {
    this.hello = hello;
    this.seq = hello.seq;
    this.estimates = [];
    this.utterances = [];
    this.gaps = [];
    this.latest = null;
    this.speakingSinceMs = null;
    this.hadSpeech = false;
    this.summary = null;
    this.lostMs = 0;
    this.pausedBy = []; // who keeps the server's microphone paused
    this.isResuming = false; // a pause has ended, and nothing was heard since
    this.skipped = 0;
  }

  /** Whether this is the same stream after a reconnection: what is drawn stays, and the events between are not skipped ones. */
  continues(hello) {
    const before = this.hello;
    return hello.stream === before.stream && hello.seq >= this.seq && String(hello.labels) === String(before.labels);
  }

  /** Whether time runs backwards, which it never does within a stream: the server has restarted unnoticed. */
  isOver(event) {
    return event.type === "estimate" && event.t_end_ms < this.latest?.t_end_ms;
  }

  add(event) {
    if (event.seq > this.seq) {
      this.skipped += event.seq - this.seq - 1;
      this.seq = event.seq;
    }
    if (event.type === "estimate" && event.t_end_ms !== this.latest?.t_end_ms) {
      this.latest = event;
      this.isResuming = false;
      this.hadSpeech ||= event.speech;
      this.estimates.push(event);
    } else if (event.type === "utterance_start") this.speakingSinceMs = event.t_start_ms;
    else if (event.type === "utterance") {
      this.speakingSinceMs = null;
      this.utterances.push(event);
    } else if (event.type === "gap") {
      this.gaps.push(event);
      this.lostMs += event.lost_ms;
    } else if (event.type === "health") {
      this.lostMs = event.lost_ms;
      const wasPaused = this.pausedBy.length > 0;
      this.pausedBy = event.paused_by ?? [];
      this.isResuming = event.source_ok && !this.pausedBy.length && (wasPaused || this.isResuming);
    } else if (event.type === "summary") this.summary = event;
    const start = this.nowMs() - TIMELINE_MS;
    for (const list of [this.estimates, this.utterances, this.gaps]) {
      while (list.length && (list[0].t_end_ms < start || list.length > MAX_ESTIMATES)) list.shift();
    }
  }

  nowMs() {
    return Math.max(this.latest?.t_end_ms ?? 0, this.gaps.at(-1)?.t_end_ms ?? 0);
  }
}
