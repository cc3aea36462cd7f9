// The card: all that the element shows, drawn from its status.

import { Announcer } from "./announcer.js";
import { Bars } from "./bars.js";
import { EnrolmentPanel } from "./enrolment_panel.js";
import { newElement, percent, seconds, voiceWords } from "./format.js";
import { headlineOf } from "./headline.js";
import { Microphone } from "./microphone.js";
import { STYLE } from "./style.js";
import { Timeline } from "./timeline.js";

const MARKUP = `
  <div class="card" part="card">
    <div class="wash"></div>
    <div class="head"><p class="lamp" part="lamp"><i></i><span id="notice"></span></p><p class="muted" id="source"></p></div>
    <div class="reading" id="reading">
      <div>
        <p class="label" part="label" id="label"></p>
        <p class="detail" part="detail" id="detail"></p>
        <p class="voice" part="voice" id="voice"></p>
        <div class="controls" part="controls" id="controls" hidden>
          <button type="button" class="main" id="start"></button><button type="button" id="pause"></button>
          <button type="button" id="teach-voice"></button><button type="button" id="forget-voice">Forget my voice</button>
        </div>
      </div>
      <div class="bars" part="bars" id="bars" role="group" aria-label="Probability of each label"></div>
    </div>
    <canvas part="timeline" id="timeline" role="img"></canvas>
    <div class="foot" part="status">
      <p><span id="state"></span><span id="delay"></span><span id="losses" class="bad"></span></p>
      <p id="models"></p>
      <p class="wide" id="certainty"></p>
    </div>
    <p class="aloud" id="aloud" role="status" aria-live="polite" aria-atomic="true"></p>
  </div>
`;

/**
 * `show` takes the status: {socket, microphone, voice, stream, isFresh, trouble, closeCode, unreportedLossMs, host}, of which the
 * microphone, the visitor's `OwnVoice` and the stream may be null. `isFresh` says whether an estimate came a moment ago, `host` gives the server's name.
 */
export class Card {
  #parts = {};
  #bars;
  #timeline;
  #announcer;
  #panel;

  constructor(root) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    root.innerHTML = MARKUP;
    this.#parts.card = root.querySelector(".card");
    for (const element of root.querySelectorAll("[id]")) this.#parts[element.id] = element;
    this.#bars = new Bars(this.#parts.bars);
    this.#timeline = new Timeline(this.#parts.timeline, this.#bars);
    this.#panel = new EnrolmentPanel(this.#parts.reading);
    this.#announcer = new Announcer(this.#parts.aloud);
  }

  get canvas() {
    return this.#parts.timeline;
  }

  /** Call these when the buttons are pressed. */
  onPress({ start, pause, teach, forget, ...enrolment }) {
    this.#parts.start.onclick = start;
    this.#parts.pause.onclick = pause;
    this.#parts["teach-voice"].onclick = teach;
    this.#parts["forget-voice"].onclick = forget;
    this.#panel.onPress(enrolment);
  }

  setLabels(labels) {
    this.#bars.setLabels(labels);
  }

  drawTimeline(stream, isTransparent) {
    this.#timeline.draw(stream, isTransparent);
  }

  show(status, { announces }) {
    const { card, label, detail, notice, state, delay, losses } = this.#parts;
    const { socket, microphone, voice, stream, isFresh, trouble } = status;
    const enrolment = voice?.enrolment;
    const { text, lines, isLabel, announcement } = headlineOf(status);
    const isLive = socket.isOpen && isFresh && (microphone?.state ?? "on") === "on";
    label.textContent = text;
    label.classList.toggle("quiet", !isLabel);
    detail.replaceChildren(
      ...lines.flatMap(([strong, plain], index) => [
        ...(index ? [newElement("br", "")] : []),
        newElement("b", "", strong),
        strong ? ` ${plain}` : plain,
      ]),
    );
    const panelHadFocus = this.#panel.hasFocus;
    this.#parts.reading.hidden = Boolean(enrolment);
    const asked = this.#panel.show(enrolment, isLive ? stream.latest : null, (name) => this.#bars.colour(name));
    if (panelHadFocus && !enrolment) this.#parts.start.focus();
    if (announces) this.#announcer.announce(asked || announcement);
    card.classList.toggle("live", isLive);
    const washed = enrolment ? enrolment.mood : isLabel ? text : null;
    card.style.setProperty("--now", washed === null ? "transparent" : this.#bars.colour(washed));
    notice.textContent = noticeOf(status, isLive);
    state.textContent = connectionOf(status);
    state.classList.toggle("bad", Boolean(trouble || socket.retryAt));
    const { latest, lostMs = 0, skipped = 0 } = stream ?? {};
    this.#bars.show(isLive ? latest : null);
    delay.textContent = isLive && latest.latency_ms != null ? `${Math.round(latest.latency_ms)} ms behind` : "";
    const allLostMs = lostMs + status.unreportedLossMs;
    losses.textContent = [allLostMs > 0 && `${seconds(allLostMs)} of audio lost`, skipped > 0 && `${skipped} updates skipped`].filter(Boolean).join(", ");
    this.#showVoice(isLive && stream?.utterances.at(-1)?.voice);
    this.#showHello(stream?.hello, voice);
    this.#showControls(status);
  }

  #showVoice(voice) {
    this.#parts.voice.textContent = voice ? `last: ${voiceWords(voice)}` : "";
  }

  #showHello(hello, voice) {
    const { source, models, certainty } = this.#parts;
    source.textContent = hello ? [hello.source, this.#voiceWords(hello, voice)].filter(Boolean).join(" · ") : "";
    models.textContent = hello ? hello.models.map((model) => model.name).join(" + ") : "";
    const { be_right: wanted, confidence, right, coverage, unheard = "speakers" } = hello?.certainty ?? {};
    const short = right < wanted ? ` (${percent(wanted)} was asked for)` : "";
    certainty.textContent = hello?.certainty
      ? `A label needs ${percent(confidence)}: then it was right ${percent(right)} of the time${short} on ${unheard} never heard, and shown for ${percent(coverage)} of speech.`
      : "";
  }

  #voiceWords({ speaker }, voice) {
    if (!voice) return speaker && `knows ${speaker}'s voice`;
    return { known: speaker && "knows your voice", lost: "knew your voice with other models: have it learnt anew" }[voice.state];
  }

  #showControls({ microphone, voice, stream }) {
    const { controls, start, pause, timeline, "teach-voice": teach, "forget-voice": forget } = this.#parts;
    controls.hidden = !microphone;
    timeline.hidden = Boolean((microphone && !stream) || voice?.enrolment);
    if (!microphone) return;
    const { state } = microphone;
    start.textContent = { off: "Read my voice", asking: "Cancel" }[state] ?? "Stop";
    start.classList.toggle("main", state === "off");
    start.hidden = !Microphone.isPossible;
    pause.hidden = state !== "on" && state !== "paused";
    pause.textContent = state === "paused" ? "Go on" : "Pause";
    teach.hidden = state !== "on" || !stream?.hello.moods;
    teach.textContent = voice.state === "known" ? "Learn it anew" : "Learn my voice";
    forget.hidden = voice.state !== "known" || state !== "off";
  }
}

/** The notice beside the lamp: whether a voice is being read. */
function noticeOf({ microphone, voice, socket }, isLive) {
  const { state } = microphone ?? {};
  if (isLive && voice?.enrolment) return "A voice is being learnt";
  if (isLive) return "A voice is being read";
  if (state === "paused") return "Paused: no voice is being read";
  if (socket.isOpen) return "No voice is being read";
  return state === "on" ? "No connection: the microphone is on, nobody reads it" : state === "off" ? "The microphone is off" : "No connection";
}

/** The state of the connection, in the footer. */
function connectionOf({ microphone, socket, trouble }) {
  if (trouble) return trouble;
  if (socket.retryAt) return "reconnecting";
  if (socket.isOpen) return "connected";
  return microphone && microphone.state !== "on" ? "" : "connecting";
}
