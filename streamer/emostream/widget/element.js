// The element: its attributes, and what its socket and its microphone do to the status that the card shows.

import { AudioSender } from "./audio_sender.js";
import { Card } from "./card.js";
import { LOOKS, Look } from "./look.js";
import { Microphone } from "./microphone.js";
import { OwnVoice } from "./own_voice.js";
import { ServerPause } from "./server_pause.js";
import { ReconnectingSocket, addressOf } from "./socket.js";
import { StreamState } from "./stream_state.js";
import { TokenGate } from "./token_gate.js";
import { listen, stopListening } from "./tokens.js";

const PROTOCOL_VERSION = 1;
const STALE_MS = 3_000; // without an estimate for this long (or six steps) nothing is being read
const SUMMARY_WAIT_MS = 5_000;
const VOICE_REFUSED = ["profile_refused", "bad_message"]; // of other models, or of another emostream
const CLOSED = { 1001: "serverStops", 1013: "serverIsFull" };
const PROPERTIES = ["texts", "token"]; // that a page may set before this script has run

export class EmoStream extends HTMLElement {
  static observedAttributes = ["src", "microphone", "publish", "worklet", "pausable", ...LOOKS];

  #card;
  #look = new Look(this, () => this.#setLook());
  #gate = new TokenGate();
  #isStarted = false;
  #restartIsDue = false;
  #address = null; // of the latest attempt to connect
  #microphone = null;
  #sender = null;
  #socket = new ReconnectingSocket({
    opened: () => this.#opened(),
    received: (data) => this.#receive(data),
    closed: (code, reason) => this.#closed(code, reason),
    changed: () => this.#show(),
  });
  #stream = null;
  #voice = null; // where there is a microphone
  #pause = new ServerPause(() => this.#show());
  #isFresh = false;
  #isSourceOk = true;
  #trouble = null;
  #closeCode = 0;
  #staleTimer = 0;
  #summaryTimer = 0;
  #drawTimeline = () => this.#card.drawTimeline(this.#stream, this.#look.isTransparent);
  #resized = new ResizeObserver(this.#drawTimeline);
  #darkness = matchMedia("(prefers-color-scheme: dark)");
  #contrast = matchMedia("(forced-colors: active)");
  #reconnectNow = () => document.hidden || this.#socket.reconnectNow();
  // What became of the others' token is no matter of an element that has its own, or is served already.
  #lockChanged = (host) => host === this.#host && this.#gate.own === null && !this.#isServed && this.#restart();

  constructor() {
    super();
    this.#card = new Card(this.attachShadow({ mode: "open" }));
    this.#card.onPress({
      start: () => (this.#microphone.state === "off" ? this.#startMicrophone() : this.#microphone.stop()),
      pause: () => this.#microphone.pause(this.#microphone.state === "on"),
      teach: () => this.#voice.teach(this.#stream.hello.moods),
      forget: () => this.#voice.forget(),
      skip: () => this.#voice.skip(),
      again: () => this.#voice.again(),
      cancel: () => this.#voice.cancel(),
      unlock: (token) => this.#gate.unlock(this.#host, token),
      toggleServer: () => this.#pause.toggle(),
    });
  }

  /** The page's own texts in place of ours, as in texts_en.js: as many of them as there are. Also an attribute, as JSON. */
  get texts() {
    return this.#look.ownTexts;
  }

  set texts(table) {
    this.#look.ownTexts = table;
    if (this.#isStarted) this.#setLook();
  }

  /** The server's token, in place of one in the fragment of `src`. It is written only: other scripts need not know it. */
  set token(token) {
    this.#gate.own = token;
    if (this.#isStarted) this.#restartSoon();
  }

  connectedCallback() {
    for (const name of PROPERTIES) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete this[name];
      this[name] = value;
    }
    this.#isStarted = true;
    this.#resized.observe(this.#card.canvas);
    for (const query of [this.#darkness, this.#contrast]) query.addEventListener("change", this.#drawTimeline);
    addEventListener("online", this.#reconnectNow);
    document.addEventListener("visibilitychange", this.#reconnectNow);
    this.#look.watch();
    listen(this.#lockChanged);
    this.#look.apply(this.#card);
    this.#restart();
  }

  disconnectedCallback() {
    this.#isStarted = false;
    this.#resized.disconnect();
    for (const query of [this.#darkness, this.#contrast]) query.removeEventListener("change", this.#drawTimeline);
    removeEventListener("online", this.#reconnectNow);
    document.removeEventListener("visibilitychange", this.#reconnectNow);
    this.#look.unwatch();
    stopListening(this.#lockChanged);
    this.#disconnect();
  }

  /** Attributes of an element that is not connected yet are looked at when it is: one socket, however many there are. */
  attributeChangedCallback(name, before, after) {
    if (!this.#isStarted || before === after) return;
    if (LOOKS.includes(name)) this.#setLook();
    else if (name === "pausable") {
      this.#offerPause();
      this.#show();
    } else this.#restartSoon();
  }

  #setLook() {
    this.#look.apply(this.#card);
    this.#show();
    this.#drawTimeline();
  }

  // --------------------------------------------------------------------------------------------------- the connection

  #disconnect() {
    this.#sender = null;
    this.#microphone?.stop();
    this.#microphone = this.#voice = null;
    this.#pause.withdraw();
    this.#isFresh = false;
    clearTimeout(this.#staleTimer);
    clearTimeout(this.#summaryTimer);
    this.#socket.close();
  }

  /** Several changes at once are one restart. */
  #restartSoon() {
    if (this.#restartIsDue) return;
    this.#restartIsDue = true;
    queueMicrotask(() => {
      this.#restartIsDue = false;
      if (this.#isStarted) this.#restart();
    });
  }

  /** Begin anew: an element with a microphone waits for a click, any other connects. */
  #restart() {
    this.#disconnect();
    this.#stream = null;
    this.#trouble = null;
    this.#closeCode = 0;
    if (this.hasAttribute("microphone")) {
      const worklet = this.getAttribute("worklet");
      this.#microphone = new Microphone(worklet, (chunk) => this.#send(chunk), () => this.#microphoneChanged());
      this.#voice = new OwnVoice(this.#host, {
        send: (message) => this.#socket.isOpen && this.#socket.send(message),
        profileChanged: () => this.#sender?.beginAnew(this.#startMessage()),
        changed: () => this.#show(),
      });
    } else if (!this.#lock) this.#connect();
    this.#show();
    this.#drawTimeline();
  }

  get #lock() {
    return this.#isServed ? null : this.#gate.lockOf(this.#host);
  }

  #refuse() {
    this.#gate.refuse(this.#host, this.#address.token);
    if (this.#gate.own !== null) this.#restart(); // else all elements were told
  }

  get #isServed() {
    return Boolean(this.#socket.isOpen && this.#stream);
  }

  get #host() {
    try {
      return addressOf(this.getAttribute("src"), null).url.host;
    } catch {
      return ""; // src is no address: to connect says so
    }
  }

  #connect() {
    try {
      this.#address = addressOf(this.getAttribute("src"), this.#gate.own);
      this.#socket.open(this.#address);
    } catch (error) {
      this.#trouble = { key: "cannotConnect", values: { message: error.message } };
      this.#show();
    }
  }

  #opened() {
    if (this.#sender) this.#sender.begin();
    else if (this.#address.stream) this.#socket.send({ type: "subscribe", stream: this.#address.stream });
    this.#show();
  }

  #closed(code, reason) {
    this.#isFresh = false;
    this.#closeCode = code;
    this.#voice?.abandon();
    if (CLOSED[code]) this.#trouble = { key: CLOSED[code] };
    else if (reason) this.#trouble = { message: reason };
    if (this.#microphone?.state === "off") this.#socket.close(); // the summary that it stayed open for cannot come now
  }

  // --------------------------------------------------------------------------------------------------- the microphone

  async #startMicrophone() {
    const microphone = this.#microphone;
    clearTimeout(this.#summaryTimer);
    this.#socket.close();
    this.#stream = null;
    this.#trouble = null;
    if (!(await microphone.start())) return;
    this.#sender = new AudioSender(this.#socket, this.#startMessage());
    this.#connect();
  }

  #startMessage() {
    const source = this.#look.texts.text("browserMicrophone");
    const start = { type: "start", rate: this.#microphone.rateHz, format: "f32le", source };
    if (this.hasAttribute("publish")) start.publish = this.getAttribute("publish");
    if (this.#voice.profile) start.profile = this.#voice.profile;
    return start;
  }

  /** Its state is another: a button was pressed, or the browser took the microphone away. */
  #microphoneChanged() {
    if (this.#microphone.state === "off" && this.#sender) this.#endAudio();
    this.#show();
  }

  /** The server does not take the profile of the voice, and closes the socket. */
  #goOnWithoutVoice() {
    this.#socket.close();
    this.#voice.refuse();
    this.#connect();
  }

  /** The socket stays open for a moment, for the summary of all audio. */
  #endAudio() {
    this.#sender = null;
    this.#voice.abandon();
    this.#isFresh = false;
    this.#trouble = null;
    if (this.#socket.isOpen && this.#stream) {
      this.#socket.send({ type: "stop" });
      this.#summaryTimer = setTimeout(() => this.#finish(), SUMMARY_WAIT_MS);
    } else this.#finish();
  }

  #finish() {
    clearTimeout(this.#summaryTimer);
    this.#socket.close();
    this.#show();
  }

  #send(chunk) {
    this.#sender?.push(chunk);
    if (this.#sender?.unreportedLossMs) this.#show();
  }

  // ------------------------------------------------------------------------------------------------------- the events

  #receive(data) {
    let event;
    try {
      event = JSON.parse(data);
    } catch {
      return;
    }
    if (event.v !== PROTOCOL_VERSION) {
      this.#trouble = { key: "otherProtocol", values: { theirs: event.v, ours: PROTOCOL_VERSION } };
    } else {
      if (event.type === "hello") this.#begin(event);
      else if (event.code === "unauthorized") this.#refuse();
      else if (VOICE_REFUSED.includes(event.code) && this.#voice?.profile) this.#goOnWithoutVoice();
      else if (event.type === "error") this.#trouble = { message: event.message };
      else if (this.#stream) this.#add(event);
      this.dispatchEvent(new CustomEvent("emostream", { detail: event }));
    }
    this.#show();
    this.#drawTimeline();
  }

  #begin(hello) {
    this.#socket.resetBackoff();
    this.#isSourceOk = true;
    this.#trouble = null;
    this.#voice?.enrolment?.restart();
    if (this.#stream?.continues(hello)) Object.assign(this.#stream, { hello, seq: hello.seq });
    else {
      this.#stream = new StreamState(hello);
      this.#isFresh = false;
      this.#card.setLabels(hello.labels);
    }
    this.#offerPause();
  }

  /** Where the server's own microphone is followed, and the page wants a button that pauses it. */
  #offerPause() {
    if (this.#microphone || !this.#isServed) return;
    if (this.hasAttribute("pausable")) this.#pause.offer(this.#address);
    else this.#pause.withdraw();
    this.#pause.follow(this.#stream.pausedBy);
  }

  #add(event) {
    if (this.#stream.isOver(event)) this.#stream = new StreamState({ ...this.#stream.hello, seq: event.seq });
    const wasResuming = this.#stream.isResuming;
    this.#stream.add(event);
    this.#voice?.enrolment?.add(event);
    if (event.type === "estimate") this.#refresh();
    if (event.type === "health") {
      this.#isSourceOk = event.source_ok;
      this.#pause.follow(this.#stream.pausedBy);
      if (this.#stream.isResuming && !wasResuming) this.#expectEstimate();
    }
    if (!this.#isSourceOk || this.#stream.pausedBy.length) this.#isFresh = false;
    if (event.type === "summary" && this.#microphone?.state === "off") this.#finish();
  }

  #refresh() {
    this.#isFresh = this.#isSourceOk && (!this.#microphone || this.#microphone.state !== "off");
    if (this.#isSourceOk) this.#trouble = null;
    this.#expectEstimate();
  }

  #expectEstimate() {
    clearTimeout(this.#staleTimer);
    this.#staleTimer = setTimeout(() => {
      this.#isFresh = this.#stream.isResuming = false;
      this.#show();
    }, Math.max(STALE_MS, 6 * this.#stream.hello.step_ms));
  }

  #show() {
    const status = {
      socket: this.#socket,
      microphone: this.#microphone,
      stream: this.#stream,
      voice: this.#voice,
      pause: this.#pause,
      isFresh: this.#isFresh,
      isLocked: this.#lock !== null,
      hasWrongToken: this.#lock === "wrong",
      trouble: this.#trouble,
      closeCode: this.#closeCode,
      unreportedLossMs: this.#sender?.unreportedLossMs ?? 0,
      host: () => this.#host,
    };
    this.#card.show(status, { isQuiet: this.hasAttribute("quiet") });
  }
}
