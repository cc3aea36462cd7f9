/** Types of <emo-stream> and of the events that an emostream server sends (docs/protocol.md). */

/** What every event has: its stream, its number, and its span on the stream's own clock. */
export interface StreamEventBase {
  v: 1;
  seq: number;
  stream: string;
  t_start_ms: number;
  t_end_ms: number;
  ts?: string;
  dropped?: number;
}

export interface ModelBrief {
  name: string;
  variant: string;
  version: string;
  licence: string;
}

export interface Certainty {
  be_right: number;
  confidence: number;
  right: number;
  coverage: number;
  unheard?: string;
}

export interface VoiceMeasures {
  pitch_hz: number;
  pitch_range_semitones: number;
  loudness_dbfs: number;
  syllables_per_s: number;
  arousal?: number | null;
}

export interface Hello extends StreamEventBase {
  type: "hello";
  labels: string[];
  window_ms: number;
  step_ms: number;
  models: ModelBrief[];
  source: string;
  speaker?: string | null;
  certainty?: Certainty | null;
  moods?: string[];
  notice?: string | null;
  recorded?: string | null;
}

export interface Estimate extends StreamEventBase {
  type: "estimate";
  p: Record<string, number>;
  label: string | null;
  confidence: number;
  agreement: number;
  speech: boolean;
  level_dbfs: number;
  latency_ms?: number | null;
}

export interface UtteranceStart extends StreamEventBase {
  type: "utterance_start";
}

export interface Utterance extends StreamEventBase {
  type: "utterance";
  p: Record<string, number>;
  label: string | null;
  confidence: number;
  voice?: VoiceMeasures | null;
}

export interface Gap extends StreamEventBase {
  type: "gap";
  lost_ms: number;
  reason?: "lost" | "paused";
}

export interface Health extends StreamEventBase {
  type: "health";
  source: string;
  source_ok: boolean;
  lost_ms: number;
  lag_ms: number;
  clients?: number;
  dropped_events?: number;
  network_interval?: number;
  paused_by?: ("person" | "schedule")[];
}

export interface ErrorEvent extends StreamEventBase {
  type: "error";
  code: string;
  message: string;
}

export interface Summary extends StreamEventBase {
  type: "summary";
  source: string;
  p: Record<string, number>;
  label: string | null;
  confidence: number;
  seconds: number;
  speech_seconds: number;
  share: Record<string, number>;
}

export interface Mood extends StreamEventBase {
  type: "mood";
  mood: string | null;
  seconds: Record<string, number>;
}

export interface Profile extends StreamEventBase {
  type: "profile";
  profile: object;
}

/** Further types may come within version 1 of the protocol: leave alone what you do not know. */
export type StreamEvent =
  | Hello
  | Estimate
  | UtteranceStart
  | Utterance
  | Gap
  | Health
  | ErrorEvent
  | Summary
  | Mood
  | Profile;

/** Texts of the page's own by the names of texts_en.js: a text, its plural forms, or a table of texts. */
export interface TextTable {
  lang?: string;
  labels?: Record<string, string>;
  [name: string]: string | string[] | Record<string, string | string[]> | undefined;
}

export interface EmoStreamEventMap extends HTMLElementEventMap {
  emostream: CustomEvent<StreamEvent>;
}

export class EmoStream extends HTMLElement {
  /** The page's own texts in place of those of its language; null for none. */
  texts: TextTable | null;
  /** The server's token; it cannot be read. */
  set token(token: string | null);
  addEventListener<K extends keyof EmoStreamEventMap>(
    type: K,
    listener: (this: EmoStream, event: EmoStreamEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "emo-stream": EmoStream;
  }
}
