// The element: its attributes, and what its socket and its microphone do to the status that the card shows.

import { AudioSender } from "./audio_sender.js";
import { Card } from "./card.js";
import { Microphone } from "./microphone.js";
import { OwnVoice } from "./own_voice.js";
import { ReconnectingSocket, addressOf } from "./socket.js";
import { StreamState } from "./stream_state.js";

const PROTOCOL_VERSION = 1;
const STALE_MS = 3_000; // without an estimate for this long (or six steps) nothing is being read
const SUMMARY_WAIT_MS = 5_000;
const VOICE_REFUSED = ["profile_refused", "bad_message"]; // of other models, or of another emostream
const CLOSED = { 1001: "the server is stopping", 1013: "the server is full" };

export class EmoStream extends HTMLElement {
  static observedAttributes = ["src", "theme", "microphone", "publish"];

  #card;
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
  #isFresh = false;
  #isSourceOk = true;
  #trouble = "";
  #closeCode = 0;
  #staleTimer = 0;
  #summaryTimer = 0;
  #drawTimeline = () => this.#card.drawTimeline(this.#stream, this.getAttribute("theme") === "transparent");
  #resized = new ResizeObserver(this.#drawTimeline);
  #darkness = matchMedia("(prefers-color-scheme: dark)");
  #reconnectNow = () => document.hidden || this.#socket.reconnectNow();

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
    });
  }

  connectedCallback() {
    this.#resized.observe(this.#card.canvas);
    this.#darkness.addEventListener("change", this.#drawTimeline);
    addEventListener("online", this.#reconnectNow);
    document.addEventListener("visibilitychange", this.#reconnectNow);
    this.#restart();
  }

  disconnectedCallback() {
    this.#resized.disconnect();
    this.#darkness.removeEventListener("change", this.#drawTimeline);
    removeEventListener("online", this.#reconnectNow);
    document.removeEventListener("visibilitychange", this.#reconnectNow);
    this.#disconnect();
  }

  attributeChangedCallback(name, before, after) {
    if (!this.isConnected || before === after) return;
    if (name === "theme") this.#drawTimeline();
    else this.#restart();
  }

  // --------------------------------------------------------------------------------------------------- the connection

  #disconnect() {
    this.#sender = null;
    this.#microphone?.stop();
    this.#microphone = this.#voice = null;
    this.#isFresh = false;
    clearTimeout(this.#staleTimer);
    clearTimeout(this.#summaryTimer);
    this.#socket.close();
  }

  /** Begin anew: an element with a microphone waits for a click, any other connects. */
  #restart() {
    this.#disconnect();
    this.#stream = null;
    this.#trouble = "";
    this.#closeCode = 0;
    if (this.hasAttribute("microphone")) {
      this.#microphone = new Microphone((chunk) => this.#send(chunk), () => this.#microphoneChanged());
      this.#voice = new OwnVoice(this.#host, {
        send: (message) => this.#socket.isOpen && this.#socket.send(message),
        profileChanged: () => this.#sender?.beginAnew(this.#startMessage()),
        changed: () => this.#show(),
      });
    } else this.#connect({});
    this.#show();
    this.#drawTimeline();
  }

  get #host() {
    return addressOf(this.getAttribute("src"), {}).url.host;
  }

  #connect(query) {
    try {
      this.#socket.open(addressOf(this.getAttribute("src"), query));
    } catch (error) {
      this.#trouble = `cannot connect: ${error.message}`;
      this.#show();
    }
  }

  #opened() {
    this.#sender?.begin();
    this.#show();
  }

  #closed(code, reason) {
    this.#isFresh = false;
    this.#closeCode = code;
    this.#voice?.abandon();
    this.#trouble = CLOSED[code] ?? (reason || this.#trouble);
    if (this.#microphone?.state === "off") this.#socket.close(); // the summary that it stayed open for cannot come now
  }

  // --------------------------------------------------------------------------------------------------- the microphone

  async #startMicrophone() {
    const microphone = this.#microphone;
    clearTimeout(this.#summaryTimer);
    this.#socket.close();
    this.#stream = null;
    this.#trouble = "";
    if (!(await microphone.start())) return;
    this.#sender = new AudioSender(this.#socket, this.#startMessage());
    this.#connect({ stream: "" });
  }

  #startMessage() {
    const start = { type: "start", rate: this.#microphone.rateHz, format: "f32le", source: "a browser's microphone" };
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
    this.#connect({ stream: "" });
  }

  /** The socket stays open for a moment, for the summary of all audio. */
  #endAudio() {
    this.#sender = null;
    this.#voice.abandon();
    this.#isFresh = false;
    this.#trouble = "";
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
      this.#trouble = `the server speaks protocol ${event.v}, this widget ${PROTOCOL_VERSION}`;
    } else {
      if (event.type === "hello") this.#begin(event);
      else if (VOICE_REFUSED.includes(event.code) && this.#voice?.profile) this.#goOnWithoutVoice();
      else if (event.type === "error") this.#trouble = event.message;
      else if (this.#stream) this.#add(event);
      this.dispatchEvent(new CustomEvent("emostream", { detail: event }));
    }
    this.#show();
    this.#drawTimeline();
  }

  #begin(hello) {
    this.#socket.resetBackoff();
    this.#isSourceOk = true;
    this.#trouble = "";
    this.#voice?.enrolment?.restart();
    if (this.#stream?.continues(hello)) Object.assign(this.#stream, { hello, seq: hello.seq });
    else {
      this.#stream = new StreamState(hello);
      this.#isFresh = false;
      this.#card.setLabels(hello.labels);
    }
  }

  #add(event) {
    if (this.#stream.isOver(event)) this.#stream = new StreamState({ ...this.#stream.hello, seq: event.seq });
    this.#stream.add(event);
    this.#voice?.enrolment?.add(event);
    if (event.type === "estimate") this.#refresh();
    if (event.type === "health") this.#isSourceOk = event.source_ok;
    if (!this.#isSourceOk) this.#isFresh = false;
    if (event.type === "summary" && this.#microphone?.state === "off") this.#finish();
  }

  #refresh() {
    this.#isFresh = this.#isSourceOk && (!this.#microphone || this.#microphone.state !== "off");
    if (this.#isSourceOk) this.#trouble = "";
    clearTimeout(this.#staleTimer);
    this.#staleTimer = setTimeout(() => {
      this.#isFresh = false;
      this.#show();
    }, Math.max(STALE_MS, 6 * this.#stream.hello.step_ms));
  }

  #show() {
    const status = {
      socket: this.#socket,
      microphone: this.#microphone,
      stream: this.#stream,
      voice: this.#voice,
      isFresh: this.#isFresh,
      trouble: this.#trouble,
      closeCode: this.#closeCode,
      unreportedLossMs: this.#sender?.unreportedLossMs ?? 0,
      host: () => this.#host,
    };
    this.#card.show(status, { announces: !this.hasAttribute("quiet") });
  }
}
