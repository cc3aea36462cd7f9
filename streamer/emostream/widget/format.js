// Numbers as text, and the element that holds it.

export const FLOOR_DBFS = -60;

export const percent = (p) => `${Math.round(p * 100)} %`;
export const seconds = (ms) => `${(ms / 1000).toFixed(ms < 9950 ? 1 : 0)} s`;
export const decibels = (dbfs) => String(Math.round(dbfs)).replace("-", "\u2212");
/** How an utterance was spoken (its `voice`), in a few words. */
export const voiceWords = ({ arousal, pitch_hz, loudness_dbfs, syllables_per_s }) =>
  [
    arousal != null && `arousal ${arousal.toFixed(2)}`,
    `${Math.round(pitch_hz)} Hz`,
    `${decibels(loudness_dbfs)} dBFS`,
    `${syllables_per_s.toFixed(1)} syll./s`,
  ]
    .filter(Boolean)
    .join(" · ");
/** 0 at `FLOOR_DBFS` and below, 1 at full scale. */
export const loudness = (dbfs) => Math.min(1, Math.max(0, 1 - dbfs / FLOOR_DBFS));
/** The label with the highest probability and that probability; ["", 0] without any. */
export const likeliest = (p) => Object.entries(p).reduce((best, entry) => (entry[1] > best[1] ? entry : best), ["", 0]);

export function newElement(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}
