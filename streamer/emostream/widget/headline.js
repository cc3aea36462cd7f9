// What the card says in large: the label, or why there is none.

import { likeliest, percent, seconds } from "./format.js";

/** The large text, the lines below it as [strong, plain], whether the text is a label, and what a screen reader announces. */
const headline = (text, lines = [], { isLabel = false, announcement = text } = {}) => ({ text, lines, isLabel, announcement });

/** The headline for the element's present status (see `Card.show`). */
export function headlineOf(status) {
  const { microphone, socket, stream } = status;
  const { state, failure } = microphone ?? {};
  if (failure) return headline(failure[0], [["", failure[1]]], { announcement: failure.join(". ") });
  if (state === "asking") return headline("may it listen?", [["", "the browser asks you for the microphone"]]);
  if (state === "off") return headlineWhenOff(status);
  if (socket.retryAt) {
    const next = `next try in ${Math.max(1, Math.ceil((socket.retryAt - Date.now()) / 1000))} s`;
    return headline(status.closeCode === 1013 ? "server full" : "not connected", [["", next]]);
  }
  if (!stream) {
    return socket.isOpen && !state ? headline("waiting", [["", "no voice is being read here yet"]]) : headline("connecting");
  }
  if (state === "paused") return headline("paused", [["", "silence is sent until you go on"]]);
  if (!stream.latest) return headline("waiting for speech");
  if (!status.isFresh) return headline("no signal", [["", "no audio is arriving"]]);
  return headlineOfEstimate(stream.latest, stream);
}

function headlineWhenOff({ stream, socket, host }) {
  if (stream?.summary) return headlineOfSummary(stream.summary);
  if (socket.isOpen) return headline("finishing", [["", "the rest is being read"]]);
  return headline("ready", [["", `your voice goes to ${host()} and is read there; no sound is kept`]], { announcement: "" });
}

function headlineOfEstimate(estimate, { hello, hadSpeech }) {
  // Pauses are not announced: there is one after every sentence.
  if (!estimate.speech) return headline(hadSpeech ? "silence" : "waiting for speech", [["", "nobody is speaking"]], { announcement: "" });
  const agreement = hello.models.length > 1 ? [[percent(estimate.agreement), "agreement of the networks"]] : [];
  if (estimate.label != null) return headline(estimate.label, [[percent(estimate.confidence), "likely"], ...agreement], { isLabel: true });
  const [label, p] = likeliest(estimate.p);
  return headline("not sure", [["", label ? `closest is ${label}, at ${percent(p)}` : "listening"], ...agreement]);
}

/** The result for all audio of the microphone, after it was stopped. */
function headlineOfSummary({ label, confidence, seconds: audio_s, speech_seconds: speech_s, share }) {
  if (!speech_s) return headline("nothing heard", [["", `nobody spoke in ${seconds(1000 * audio_s)}`]]);
  const shares = Object.entries(share).filter(([, part]) => part >= 0.005).sort((one, other) => other[1] - one[1]);
  const lines = [
    [label == null ? "" : percent(confidence), `${label == null ? "" : "likely, "}over ${seconds(1000 * speech_s)} of speech`],
    ["", shares.map(([name, part]) => `${name} ${percent(part)}`).join(", ")],
  ];
  return headline(label ?? "not sure", lines, { isLabel: label != null, announcement: `In all: ${label ?? "not sure"}` });
}
