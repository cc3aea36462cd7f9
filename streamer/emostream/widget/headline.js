// What the card says in large: the label, or why there is none.

import { likeliest } from "./format.js";

/**
 * The large text as a part of `Texts`, the lines below it as parts each, the label that the text names (null for none),
 * and what a screen reader announces.
 */
const headline = (title, lines = [], { label = null, announcement = title.text } = {}) => ({ title, lines, label, announcement });

/** The headline for the element's present status (see `Card.show`). */
export function headlineOf(status, texts) {
  const { microphone, socket, stream } = status;
  const { state, failure } = microphone ?? {};
  const said = (title, ...lines) => headline(titleOf(texts, title), lines.map((line) => texts.parts(...[line].flat())));
  if (status.isLocked) return headlineWhenLocked(status, texts);
  if (failure) {
    const [title, hint] = texts.failure(failure);
    const { lang } = texts;
    return headline({ text: title, lang }, [[{ text: hint, lang }]], { announcement: `${title}. ${hint}` });
  }
  if (state === "asking") return said("asking", "askingHint");
  if (state === "off") return headlineWhenOff(status, texts, said);
  if (socket.retryAt) {
    const s = texts.wholeSeconds(Math.max(1, Math.ceil((socket.retryAt - Date.now()) / 1000)));
    return said(status.closeCode === 1013 ? "serverFull" : "notConnected", ["nextTry", { s }]);
  }
  if (!stream) return socket.isOpen && !state ? said("waiting", "noVoiceYet") : said("connecting");
  if (state === "paused") return said("paused", "pausedHint");
  if (stream.pausedBy.length) return said("paused", stream.pausedBy.includes("schedule") ? "quietHours" : "somebodyPaused");
  if (!stream.latest || stream.isResuming) return said("waitingForSpeech");
  if (!status.isFresh) return said("noSignal", "noAudio");
  return headlineOfEstimate(stream.latest, stream, texts);
}

const titleOf = (texts, key) => ({ text: texts.text(key), lang: texts.lang });

function headlineWhenLocked({ hasWrongToken, host }, texts) {
  const hint = texts.parts(hasWrongToken ? "wrongToken" : "lockedHint", { host: host() });
  const announcement = `${texts.text("locked")}. ${hint.map(({ text }) => text).join("")}`;
  return headline(titleOf(texts, "locked"), [hint], { announcement });
}

function headlineWhenOff({ stream, socket, host }, texts, said) {
  if (stream?.summary) return headlineOfSummary(stream.summary, texts);
  if (socket.isOpen) return said("finishing", "finishingHint");
  return { ...said("ready", ["readyHint", { host: host() }]), announcement: "" };
}

function headlineOfEstimate(estimate, { hello, hadSpeech }, texts) {
  // Pauses are not announced: there is one after every sentence.
  if (!estimate.speech) {
    return headline(titleOf(texts, hadSpeech ? "silence" : "waitingForSpeech"), [texts.parts("nobodySpeaks")], { announcement: "" });
  }
  const agreement = hello.models.length > 1 ? [texts.parts("agreement", { p: texts.percent(estimate.agreement) })] : [];
  if (estimate.label != null) {
    const likely = texts.parts("likely", { p: texts.percent(estimate.confidence) });
    return headline(texts.label(estimate.label), [likely, ...agreement], { label: estimate.label });
  }
  const [label, p] = likeliest(estimate.p);
  const closest = label ? texts.parts("closest", { label: texts.label(label), p: texts.percent(p) }) : texts.parts("listening");
  return headline(titleOf(texts, "notSure"), [closest, ...agreement]);
}

/** The result for all audio of the microphone, after it was stopped. */
function headlineOfSummary({ label, confidence, seconds: audio_s, speech_seconds: speech_s, share }, texts) {
  if (!speech_s) {
    return headline(titleOf(texts, "nothingHeard"), [texts.parts("nobodySpokeIn", { s: texts.seconds(1000 * audio_s) })]);
  }
  const shares = Object.entries(share).filter(([, part]) => part >= 0.005).sort((one, other) => other[1] - one[1]);
  const s = texts.seconds(1000 * speech_s);
  const lines = [
    label == null ? texts.parts("over", { s }) : texts.parts("likelyOver", { p: texts.percent(confidence), s }),
    shares.flatMap(([name, part], index) => [
      ...(index ? [{ text: ", ", lang: texts.lang }] : []),
      ...texts.parts("share", { label: texts.label(name), p: texts.percent(part) }),
    ]),
  ];
  const title = label == null ? titleOf(texts, "notSure") : texts.label(label);
  return headline(title, lines, { label, announcement: texts.text("inAll", { label: title }) });
}
