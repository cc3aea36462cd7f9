// What the card says in small beside the large text: the lamp, the connection, the losses, the speaker, the certainty.

/** The notice beside the lamp: whether a voice is being read; `isShown`: what is read of it comes now. */
export function noticeOf({ microphone, voice, socket, stream }, isShown, texts) {
  const { state } = microphone ?? {};
  if (isShown && stream.hello.recorded) return texts.text("replay", { time: texts.moment(stream.hello.recorded) });
  if (isShown) return texts.text(voice?.enrolment ? "learning" : "reading");
  if (state === "paused" || (socket.isOpen && stream?.pausedBy.length)) return texts.text("pausedNotice");
  if (socket.isOpen) return texts.text("notReading");
  return texts.text({ on: "nobodyReads", off: "microphoneOff" }[state] ?? "noConnection");
}

/** The state of the connection as a part of `Texts`: `trouble` is {key, values} of ours, or {message} of the server's. */
export function connectionOf({ microphone, socket, trouble, isLocked }, texts) {
  const said = (key, values) => ({ text: key && texts.text(key, values), lang: texts.lang });
  if (trouble?.message) return { text: trouble.message, lang: "en" };
  if (trouble) return said(trouble.key, trouble.values);
  if (isLocked) return said("");
  if (socket.retryAt) return said("reconnecting");
  if (socket.isOpen) return said("connected");
  return said(microphone && microphone.state !== "on" ? "" : "connecting");
}

/** Audio that was lost and updates that were skipped; "" for none. */
export function lossesOf({ stream, unreportedLossMs }, texts) {
  const lostMs = (stream?.lostMs ?? 0) + unreportedLossMs;
  const skipped = stream?.skipped ?? 0;
  return texts.list([
    lostMs > 0 && texts.text("lost", { s: texts.seconds(lostMs) }),
    skipped > 0 && texts.text("skipped", { count: skipped, n: texts.number(skipped) }),
  ]);
}

/** Whose voice the networks know; "" for nobody's. */
export function speakerOf({ speaker }, voice, texts) {
  if (!voice) return speaker ? texts.text("knows", { name: speaker }) : "";
  if (voice.state === "lost") return texts.text("knewYours");
  return voice.state === "known" && speaker ? texts.text("knowsYours") : "";
}

/** How sure a label must be, and how often it was right then. */
export function certaintyOf({ certainty }, texts) {
  if (!certainty) return "";
  const { be_right: wanted, confidence, right, coverage, unheard = "speakers" } = certainty;
  return texts.text("certainty", {
    needed: texts.percent(confidence),
    right: texts.percent(right),
    short: right < wanted ? texts.text("askedFor", { p: texts.percent(wanted) }) : "",
    unheard: texts.unheard(unheard),
    coverage: texts.percent(coverage),
  });
}

/** How the last utterance was spoken; "" where that is not known. */
export function voiceOf(voice, texts) {
  if (!voice) return "";
  const measures = [
    voice.arousal != null && texts.text("arousal", { n: texts.number(voice.arousal, 2) }),
    texts.text("hertz", { n: texts.number(Math.round(voice.pitch_hz)) }),
    texts.text("dbfs", { n: texts.number(Math.round(voice.loudness_dbfs)) }),
    texts.text("syllables", { n: texts.number(voice.syllables_per_s, 1) }),
  ];
  return texts.text("lastVoice", { measures: texts.list(measures, " · ") });
}
