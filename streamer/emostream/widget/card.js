// The card: all that the element shows, drawn from its status.

import { Announcer } from "./announcer.js";
import { Bars } from "./bars.js";
import { EnrolmentPanel } from "./enrolment_panel.js";
import { newElement, nodesOf, showPart } from "./format.js";
import { headlineOf } from "./headline.js";
import { LAYOUT_STYLE, hiddenParts } from "./layouts.js";
import { Microphone } from "./microphone.js";
import { PauseButton } from "./pause_button.js";
import { certaintyOf, connectionOf, lossesOf, noticeOf, speakerOf, voiceOf } from "./status_words.js";
import { STYLE } from "./style.js";
import { Timeline } from "./timeline.js";

const MARKUP = `
  <div class="card" part="card">
    <div class="wash"></div>
    <div class="head">
      <p class="lamp" part="lamp"><i></i><span class="text" id="notice"></span></p>
      <button type="button" part="server-pause" id="server-pause" hidden></button>
      <p class="muted" id="source" dir="auto"></p>
      <p class="answer text" id="pause-answer" tabindex="-1" hidden></p>
    </div>
    <div class="reading" id="reading">
      <div class="words">
        <p class="label" part="label" id="label" dir="auto"></p>
        <p class="detail text" part="detail" id="detail"></p>
        <p class="voice text" part="voice" id="voice"></p>
        <form class="controls" id="unlock" hidden>
          <label for="token" id="token-name"></label><input id="token" type="password" autocomplete="off" required>
          <button class="main" id="token-send"></button>
        </form>
        <div class="controls" part="controls" id="controls" hidden>
          <button type="button" class="main" id="start"></button><button type="button" id="pause"></button>
          <button type="button" id="teach-voice"></button><button type="button" id="forget-voice"></button>
        </div>
      </div>
      <div class="bars" part="bars" id="bars" role="group"></div>
    </div>
    <canvas part="timeline" id="timeline" role="img"></canvas>
    <div class="foot" part="status">
      <p>
        <span><span class="text" id="state"></span></span><span><span class="text" id="delay"></span></span
        ><span><span id="losses" class="text bad"></span></span>
      </p>
      <p id="models" dir="auto"></p>
      <p class="wide text" id="certainty"></p>
      <p class="wide" id="own-notice" dir="auto"></p>
    </div>
    <p class="aloud" id="aloud" role="status" aria-live="polite" aria-atomic="true"></p>
  </div>
`;
const WIDE = /[\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]/g; // written twice as wide as Latin letters

/**
 * `show` takes the status: {socket, microphone, voice, stream, pause, isFresh, isLocked, hasWrongToken, trouble, closeCode,
 * unreportedLossMs, host}, of which the microphone, the visitor's `OwnVoice`, the stream and the trouble may be null. `pause` is the
 * `ServerPause`, `isFresh` says whether an estimate came a moment ago, `host` gives the server's name.
 */
export class Card {
  #parts = {};
  #bars;
  #timeline;
  #announcer;
  #panel;
  #pauseButton;
  #texts;
  #labels = null;

  constructor(root) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE + LAYOUT_STYLE);
    root.adoptedStyleSheets = [sheet];
    root.innerHTML = MARKUP;
    this.#parts.card = root.querySelector(".card");
    for (const element of root.querySelectorAll("[id]")) this.#parts[element.id] = element;
    this.#bars = new Bars(this.#parts.bars);
    this.#timeline = new Timeline(this.#parts.timeline, this.#bars);
    this.#panel = new EnrolmentPanel(this.#parts.reading);
    this.#announcer = new Announcer(this.#parts.aloud);
    this.#pauseButton = new PauseButton(this.#parts["server-pause"], this.#parts["pause-answer"], this.#announcer);
  }

  get canvas() {
    return this.#parts.timeline;
  }

  /** Call these when the buttons are pressed; `unlock` gets the token that was typed. */
  onPress({ start, pause, teach, forget, unlock, toggleServer, ...enrolment }) {
    this.#parts.start.onclick = start;
    this.#parts.pause.onclick = pause;
    this.#parts["teach-voice"].onclick = teach;
    this.#parts["forget-voice"].onclick = forget;
    this.#parts.unlock.onsubmit = (event) => {
      event.preventDefault();
      const token = this.#parts.token.value.trim();
      this.#parts.token.value = "";
      if (token) unlock(token);
    };
    this.#pauseButton.onPress(toggleServer);
    this.#panel.onPress(enrolment);
  }

  /** What there is of it: the layout's parts, or those that `show` names. */
  setLook(layout, show, texts) {
    const { card, "token-name": name, "token-send": send, "forget-voice": forget } = this.#parts;
    this.#texts = texts;
    card.lang = texts.lang;
    for (const element of card.querySelectorAll(".text")) element.dir = texts.dir;
    for (const [part, isHidden] of hiddenParts(layout, show)) card.classList.toggle(`without-${part}`, isHidden);
    name.textContent = texts.text("token");
    send.textContent = texts.text("unlock");
    forget.textContent = texts.text("forget");
    this.#bars.setLabels(this.#labels, texts);
  }

  setLabels(labels) {
    this.#labels = labels;
    this.#bars.setLabels(labels, this.#texts);
  }

  drawTimeline(stream, isTransparent) {
    this.#timeline.draw(stream, this.#texts, isTransparent);
  }

  show(status, { isQuiet }) {
    const texts = this.#texts;
    const { card, detail, notice, state, delay, losses, voice: manner } = this.#parts;
    const { socket, microphone, voice, stream, isFresh, trouble } = status;
    const enrolment = voice?.enrolment;
    const { title, lines, label, announcement } = headlineOf(status, texts);
    const isShown = socket.isOpen && isFresh && (microphone?.state ?? "on") === "on";
    const isLive = isShown && !stream.hello.recorded;
    this.#showTitle(title, label !== null);
    detail.replaceChildren(
      ...lines.map((parts) => {
        const line = newElement("span", "line");
        line.append(...nodesOf(parts, texts.lang));
        return line;
      }),
    );
    const panelHadFocus = this.#panel.hasFocus;
    this.#parts.reading.hidden = Boolean(enrolment);
    const asked = this.#panel.show(enrolment, isShown ? stream.latest : null, texts, (name) => this.#bars.colour(name));
    if (panelHadFocus && !enrolment) this.#parts.start.focus();
    this.#pauseButton.show(status, texts, { isQuiet });
    if (!isQuiet) this.#announcer.announce(asked || announcement);
    card.classList.toggle("live", isLive);
    const washed = enrolment ? enrolment.mood : label;
    card.style.setProperty("--now", washed === null ? "transparent" : this.#bars.colour(washed));
    notice.textContent = noticeOf(status, isShown, texts);
    showPart(state, connectionOf(status, texts));
    state.classList.toggle("bad", Boolean(trouble || socket.retryAt));
    this.#bars.show(isShown ? stream.latest : null);
    const latencyMs = isLive ? stream.latest.latency_ms : null;
    delay.textContent = latencyMs == null ? "" : texts.text("behind", { n: texts.number(Math.round(latencyMs)) });
    losses.textContent = lossesOf(status, texts);
    manner.textContent = voiceOf(isShown && stream.utterances.at(-1)?.voice, texts);
    this.#showHello(stream?.hello, voice);
    this.#showControls(status, isQuiet);
  }

  #showTitle(title, isLabel) {
    const { label } = this.#parts;
    showPart(label, title);
    label.classList.toggle("quiet", !isLabel);
    // The longest word decides how large all can be.
    const widths = title.text.split(/[\s-]+/).map((word) => word.length + (word.match(WIDE)?.length ?? 0));
    label.style.setProperty("--chars", Math.max(1, ...widths));
  }

  #showHello(hello, voice) {
    const { source, models, certainty, "own-notice": ownNotice } = this.#parts;
    ownNotice.textContent = hello?.notice ?? "";
    source.textContent = hello ? [hello.source, speakerOf(hello, voice, this.#texts)].filter(Boolean).join(" · ") : "";
    models.textContent = hello ? hello.models.map((model) => model.name).join(" + ") : "";
    certainty.textContent = hello ? certaintyOf(hello, this.#texts) : "";
  }

  #showControls({ microphone, voice, stream, isLocked }, isQuiet) {
    const { controls, unlock, start, pause, timeline, "teach-voice": teach, "forget-voice": forget } = this.#parts;
    unlock.hidden = !isLocked || isQuiet; // one field for the token is enough
    controls.hidden = !microphone || isLocked;
    timeline.hidden = Boolean((microphone && !stream) || voice?.enrolment || isLocked);
    if (!microphone) return;
    const { state } = microphone;
    start.textContent = this.#texts.text({ off: "start", asking: "cancel" }[state] ?? "stop");
    start.classList.toggle("main", state === "off");
    start.hidden = !Microphone.isPossible;
    pause.hidden = state !== "on" && state !== "paused";
    pause.textContent = this.#texts.text(state === "paused" ? "goOn" : "pause");
    teach.hidden = state !== "on" || !stream?.hello.moods;
    teach.textContent = this.#texts.text(voice.state === "known" ? "teachAnew" : "teach");
    forget.hidden = voice.state !== "known" || state !== "off";
  }
}
