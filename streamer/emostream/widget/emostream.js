// <emo-stream> shows an emostream as it happens; <emo-stream microphone> has this browser's microphone read.
//
//   <script type="module" src="http://127.0.0.1:8765/emostream.js"></script>
//   <emo-stream src="ws://127.0.0.1:8765/ws"></emo-stream>
//
// Attributes: src, the socket (without it that of the server which this file came from); theme, one of light, dark and
// transparent; microphone; publish, a name under which others may follow what the microphone says; quiet, to have
// nothing read aloud. Colours and type are set with --emo-* properties, layout with ::part(). Every event of the stream
// is also a DOM event, "emostream", with the event as its detail.
//
// One file without dependencies, along the way of the data: microphone, socket, stream, what is shown. It is also the
// microphone's AudioWorklet module, so a page whose policy lets in scripts of one place only need not let in more.

const SUBPROTOCOL = "emostream.v1";
const PROTOCOL_VERSION = 1;

const CHUNK_S = 0.1;
const MOST_UNREAD_CHUNKS = 50; // a page that is held up for longer than these 5 s loses audio, and no memory
const MOST_UNSENT_S = 2;
const BYTES_PER_SAMPLE = Float32Array.BYTES_PER_ELEMENT;
const SUMMARY_WAIT_MS = 5_000;

const FIRST_BACK_OFF_MS = 2_000; // half of it and more is waited: 1 s at first
const LAST_BACK_OFF_MS = 30_000;
const REFUSALS = [1003, 1007, 1008, 1009]; // what is sent again at once would be refused again

const TIMELINE_MS = 60_000;
const MAX_ESTIMATES = 2_000;
const STALE_MS = 3_000; // without an estimate for this long (or six steps) nothing is being read
const FLOOR_DBFS = -60;
const SETTLE_MS = 700;
const ALOUD_EVERY_MS = 5_000;

// The same colours as in the terminal (streamer/sinks/palette.py): contrast of 3 and more on white and on near-black.
const PALETTE = {
  angry: "#d23f31",
  happy: "#c68600",
  neutral: "#868e9b",
  sad: "#2b78d4",
  fearful: "#ad7ce4",
  disgust: "#3f8a3c",
  surprised: "#e0699f",
  calm: "#17808a",
  boredom: "#96704a",
  positive: "#8a9d1c",
};

const STYLE = `
  :host {
    --ink: var(--emo-ink, #1c1d21); --muted: var(--emo-muted, #62646d); --line: var(--emo-line, #e4e2dc);
    --surface: var(--emo-surface, #ffffff); --alarm: var(--emo-alarm, #d23f31); --wash: .13;
    display: block; container-type: inline-size; color-scheme: light;
    font: 400 .875rem/1.4 var(--emo-font, "Inter", ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif);
  }
  @media (prefers-color-scheme: dark) {
    :host(:not([theme="light"])) {
      --ink: var(--emo-ink, #f0eff2); --muted: var(--emo-muted, #a2a4ae); --line: var(--emo-line, #30323a);
      --surface: var(--emo-surface, #1b1c20); --alarm: var(--emo-alarm, #f0695c); --wash: .17; color-scheme: dark;
    }
  }
  :host([theme="dark"]), :host([theme="transparent"]) {
    --ink: var(--emo-ink, #f0eff2); --muted: var(--emo-muted, #a2a4ae); --line: var(--emo-line, #30323a);
    --surface: var(--emo-surface, #1b1c20); --alarm: var(--emo-alarm, #f0695c); --wash: .17; color-scheme: dark;
  }
  :host([theme="transparent"]) {
    --ink: var(--emo-ink, #fff); --muted: var(--emo-muted, #f0f0f3); --line: var(--emo-line, rgb(255 255 255 / .32)); --alarm: var(--emo-alarm, #ffc2bb);
    text-shadow: 0 0 3px rgb(0 0 0 / .75), 0 1px 10px rgb(0 0 0 / .45);
  }
  :host([hidden]), [hidden] { display: none !important; }
  * { box-sizing: border-box; margin: 0; }
  .card {
    position: relative; isolation: isolate; overflow: hidden; display: grid; gap: 1.75rem; padding: 1.5rem 1.75rem 1.1rem;
    border-radius: 1.25rem; background: var(--surface); color: var(--ink); -webkit-font-smoothing: antialiased;
    box-shadow: 0 0 0 1px var(--line), 0 1.5rem 3rem -2rem rgb(20 20 30 / .22);
  }
  :host([theme="transparent"]) .card { background: none; box-shadow: none; padding: .5rem; }
  .wash {
    position: absolute; z-index: -1; inset: 0; background: var(--now, transparent); opacity: var(--wash);
    -webkit-mask: radial-gradient(90% 130% at 0 0, #000, transparent 72%); mask: radial-gradient(90% 130% at 0 0, #000, transparent 72%);
    transition: background-color .9s ease;
  }
  :host([theme="transparent"]) .wash { display: none; }
  .head, .foot { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .25rem 1.5rem; }
  .head { font-size: .8125rem; }
  .muted, .foot { color: var(--muted); }
  .lamp { display: flex; align-items: center; gap: .6rem; font-weight: 500; }
  .lamp i { flex: none; width: .625rem; height: .625rem; border-radius: 50%; border: 1.5px solid var(--muted); }
  .live .lamp i { border: 0; background: var(--alarm); animation: breathe 2.4s ease-in-out infinite; }
  .card:not(.live) .lamp { color: var(--muted); }
  @keyframes breathe { 50% { box-shadow: 0 0 0 .3rem color-mix(in srgb, var(--alarm) 22%, transparent); } }
  .reading { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1.08fr); gap: 1.5rem 2.5rem; align-items: center; }
  .reading:has(.bars:empty) { grid-template-columns: minmax(0, 1fr); }
  .bars:empty { display: none; }
  .label {
    font-size: clamp(2.5rem, 10.5cqi, 4.75rem); line-height: 1.04; font-weight: 600; letter-spacing: -.045em; overflow-wrap: break-word;
    padding-bottom: .06em; transition: color .3s;
  }
  .label.quiet { font-weight: 400; color: var(--muted); letter-spacing: -.035em; font-size: clamp(2.1rem, 8.4cqi, 3.75rem); }
  .detail { margin-top: .7rem; min-height: 2.8em; color: var(--muted); font-variant-numeric: tabular-nums; text-wrap: pretty; }
  .detail b { color: var(--ink); font-weight: 500; }
  .controls { display: flex; flex-wrap: wrap; gap: .6rem; margin-top: 1rem; }
  button {
    min-height: 2.5rem; padding: .4rem 1.1rem; border: 1px solid var(--muted); border-radius: 1.25rem; background: none; color: inherit;
    font-family: inherit; font-size: .875rem; font-weight: 500; line-height: 1.2; text-shadow: inherit; cursor: pointer;
  }
  button:hover { background: color-mix(in srgb, var(--ink) 8%, transparent); }
  button.main { border-color: var(--ink); background: var(--ink); color: var(--surface); text-shadow: none; }
  button.main:hover { background: color-mix(in srgb, var(--ink) 85%, var(--surface)); }
  button:focus-visible { outline: 2px solid var(--emo-focus, #4a90e2); outline-offset: 2px; }
  .bars { display: grid; grid-template-columns: auto minmax(0, 1fr) auto; gap: .7rem .9rem; align-items: center; }
  .name { max-width: 9rem; overflow: hidden; text-overflow: ellipsis; color: var(--muted); }
  .share { min-width: 2.9em; text-align: right; color: var(--muted); font-variant-numeric: tabular-nums; }
  .track { height: .5rem; overflow: hidden; border-radius: .25rem; background: var(--line); }
  .fill { height: 100%; border-radius: inherit; background: var(--c); opacity: .7; transform: translateX(-100%); transition: transform .25s ease-out; }
  .top.name, .top.share { color: var(--ink); font-weight: 600; }
  .top .fill { opacity: 1; }
  .idle .fill { opacity: .25; }
  .rule { grid-column: 1 / -1; height: 1px; background: var(--line); margin: .1rem 0; }
  .level { height: .25rem; }
  .level .fill { background: var(--ink); opacity: .8; transition-duration: .12s; }
  canvas { display: block; width: 100%; height: 8.25rem; }
  .foot { padding-top: .85rem; border-top: 1px solid var(--line); font-size: .75rem; font-variant-numeric: tabular-nums; }
  .foot span:not(:empty) ~ span:not(:empty)::before { content: "·"; margin: 0 .5em; }
  .foot:not(:has(span:not(:empty), .wide:not(:empty), #models:not(:empty))), .foot p:empty { display: none; }
  .foot .wide { flex-basis: 100%; }
  .bad { color: var(--alarm); }
  .aloud { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  @container (max-width: 34rem) {
    .card { padding: 1.15rem 1.15rem .9rem; gap: 1.35rem; border-radius: 1rem; }
    .reading { grid-template-columns: minmax(0, 1fr); }
    .label { font-size: clamp(2.5rem, 17cqi, 4rem); } .label.quiet { font-size: clamp(1.9rem, 12cqi, 3rem); }
    .detail { min-height: 0; }
  }
  @media (prefers-reduced-motion: reduce) { *, .live .lamp i { animation: none; transition: none; } }
  @media (forced-colors: active) { .fill { background: CanvasText; forced-color-adjust: none; } .track { border: 1px solid CanvasText; } }
`;

const MARKUP = `
  <div class="card" part="card">
    <div class="wash"></div>
    <div class="head"><p class="lamp" part="lamp"><i></i><span id="notice"></span></p><p class="muted" id="source"></p></div>
    <div class="reading">
      <div>
        <p class="label" part="label" id="label"></p>
        <p class="detail" part="detail" id="detail"></p>
        <div class="controls" part="controls" id="controls" hidden>
          <button type="button" class="main" id="start"></button><button type="button" id="pause"></button>
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

const percent = (p) => `${Math.round(p * 100)} %`;
const seconds = (ms) => `${(ms / 1000).toFixed(ms < 9950 ? 1 : 0)} s`;
const decibels = (dbfs) => String(Math.round(dbfs)).replace("-", "\u2212");
const loudness = (dbfs) => Math.min(1, Math.max(0, 1 - dbfs / FLOOR_DBFS));
const likeliest = (p) => Object.entries(p).reduce((best, entry) => (entry[1] > best[1] ? entry : best), ["", 0]);

function build(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

// ------------------------------------------------------------------------------------------------------ the microphone

/** In the audio thread: gathers what comes in pieces of 128 samples into chunks of about `CHUNK_S`. */
class Tap extends (globalThis.AudioWorkletProcessor ?? Object) {
  #chunk = null;
  #filled = 0;
  #unread = 0;
  #lost = 0;

  constructor() {
    super();
    this.port.onmessage = () => this.#unread--; // the page has read a chunk
  }

  process([[samples]]) {
    if (!samples) return true;
    this.#chunk ??= new Float32Array(samples.length * Math.round((CHUNK_S * sampleRate) / samples.length));
    this.#chunk.set(samples, this.#filled);
    this.#filled += samples.length;
    if (this.#filled >= this.#chunk.length) this.#hand();
    return true;
  }

  #hand() {
    const chunk = this.#chunk;
    [this.#chunk, this.#filled] = [null, 0];
    if (this.#unread >= MOST_UNREAD_CHUNKS) {
      this.#lost += chunk.length;
      return;
    }
    this.#unread++;
    this.port.postMessage({ samples: chunk, lost: this.#lost }, [chunk.buffer]);
    this.#lost = 0;
  }
}

// What keeps a microphone from being read: what to say in large, and what to do about it.
const FAILURES = {
  InsecureContext: ["no microphone", "Browsers give the microphone only to pages that come over https or from this machine."],
  NotAllowedError: ["not allowed", "The microphone was refused. Allow it in the browser's settings for this page, then start again."],
  NotFoundError: ["no microphone", "The browser finds none. Plug one in, then start again."],
  NotReadableError: ["no sound", "The microphone is there but gives nothing: another program may hold it."],
  Ended: ["microphone gone", "It was unplugged, or the browser took it back. Start again when it is there."],
};

// What calls switch on to sound better changes what a voice sounds like.
const AS_IT_SOUNDS = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: { ideal: 1 } };

/** This browser's microphone: off, asking, on or paused. `take` gets {samples, lost} at `rateHz`, which is the context's. */
class Microphone {
  state = "off";
  failure = null;
  #take;
  #changed;
  #context = null;
  #media = null;

  constructor(take, changed) {
    this.#take = take;
    this.#changed = changed;
    if (!Microphone.isPossible) this.failure = FAILURES.InsecureContext;
  }

  static get isPossible() {
    return isSecureContext && Boolean(navigator.mediaDevices);
  }

  get rateHz() {
    return this.#context.sampleRate;
  }

  /** To be called on a click: without one a context does not run. Resolves to whether it is on now. */
  async start() {
    const context = (this.#context = new AudioContext());
    const isMeant = () => this.#context === context; // and was not stopped while we waited
    this.#become("asking");
    try {
      await context.audioWorklet.addModule(import.meta.url);
      const media = await navigator.mediaDevices.getUserMedia({ audio: AS_IT_SOUNDS });
      if (isMeant()) this.#listen(context, media);
      else for (const track of media.getTracks()) track.stop();
    } catch (error) {
      if (isMeant()) this.stop(FAILURES[error.name] ?? ["no microphone", `The browser says: ${error.message}`]);
    }
    return isMeant();
  }

  /** Paused, the browser itself puts silence in place of the voice, so that no clock has to stop. */
  pause(paused) {
    for (const track of this.#media.getTracks()) track.enabled = !paused;
    this.#become(paused ? "paused" : "on");
  }

  stop(failure = null) {
    for (const track of this.#media?.getTracks() ?? []) track.stop();
    this.#context?.close();
    this.#context = this.#media = null;
    this.#become("off", failure);
  }

  #listen(context, media) {
    this.#media = media;
    const tap = new AudioWorkletNode(context, "emo-tap", { channelCount: 1, channelCountMode: "explicit" });
    tap.port.onmessage = ({ data }) => {
      tap.port.postMessage(null);
      if (this.#context === context) this.#take(data);
    };
    // Only what is connected to the loudspeaker is run everywhere; a tap gives silence.
    context.createMediaStreamSource(media).connect(tap).connect(context.destination);
    for (const track of media.getTracks()) track.onended = () => this.stop(FAILURES.Ended);
    this.#become("on");
  }

  #become(state, failure = null) {
    [this.state, this.failure] = [state, failure];
    this.#changed();
  }
}

// ---------------------------------------------------------------------------------------------------------- the socket

/** Where the socket is, and the token for it: from the fragment of `src`, or of the page if that is the same server's. */
function addressOf(src, extra) {
  const url = src ? new URL(src, document.baseURI) : new URL("ws", import.meta.url);
  url.protocol = url.protocol.replace(/^http/, "ws");
  for (const [name, value] of Object.entries(extra)) url.searchParams.set(name, value);
  const tokenIn = (hash) => new URLSearchParams(hash.slice(1).replaceAll("+", "%2B")).get("token");
  // The fragment of another server's page is that page's own affair, whatever it holds.
  const token = tokenIn(url.hash) ?? (url.host === location.host ? tokenIn(location.hash) : null);
  url.hash = "";
  return { url, token };
}

/** A socket that is opened again whenever it is lost; `on` has opened(), received(data), closed(code, reason), changed(). */
class Line {
  retryAt = 0;
  #on;
  #address = null;
  #socket = null;
  #timer = 0;
  #backOffMs = FIRST_BACK_OFF_MS;

  constructor(on) {
    this.#on = on;
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  get unsentBytes() {
    return this.#socket.bufferedAmount;
  }

  open(address) {
    this.#address = address;
    this.#backOffMs = FIRST_BACK_OFF_MS;
    this.#connect();
  }

  close() {
    clearTimeout(this.#timer);
    this.retryAt = 0;
    const socket = this.#socket;
    this.#socket = null;
    // Browsers complain of a socket that is closed before it was open.
    if (socket && socket.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close();
    else socket?.close();
  }

  /** The server has answered: should the line be lost, try again soon. */
  settle() {
    this.#backOffMs = FIRST_BACK_OFF_MS;
  }

  hurry() {
    if (this.retryAt) this.#connect();
  }

  send(message) {
    this.#socket.send(message instanceof Float32Array ? message : JSON.stringify(message));
  }

  #connect() {
    this.close();
    const { url, token } = this.#address;
    const socket = (this.#socket = new WebSocket(url, SUBPROTOCOL));
    socket.onopen = () => {
      if (socket !== this.#socket) return;
      if (token !== null) this.send({ type: "authenticate", token });
      this.#on.opened();
    };
    socket.onmessage = ({ data }) => socket === this.#socket && this.#on.received(data);
    socket.onclose = ({ code, reason }) => socket === this.#socket && this.#retry(code, reason);
    this.#on.changed();
  }

  #retry(code, reason) {
    this.close();
    if (REFUSALS.includes(code)) this.#backOffMs = LAST_BACK_OFF_MS;
    // Not all at the same moment: a server that comes back has many of us.
    this.retryAt = Date.now() + this.#backOffMs * (0.5 + 0.5 * Math.random());
    this.#backOffMs = Math.min(2 * this.#backOffMs, LAST_BACK_OFF_MS);
    this.#on.closed(code, reason);
    if (this.retryAt) this.#countDown(); // else whoever was told wants no more of it
  }

  #countDown() {
    this.#on.changed();
    const leftMs = this.retryAt - Date.now();
    this.#timer = setTimeout(() => (leftMs <= 1_000 ? this.#connect() : this.#countDown()), Math.min(1_000, Math.max(leftMs, 0)));
  }
}

/** The microphone's chunks into the line. What it does not take in time is left out, and the server is told how much. */
class Uplink {
  #line;
  #start;
  #begun = false;
  #stalled = false;
  #lost = 0;

  constructor(line, start) {
    this.#line = line;
    this.#start = start;
  }

  get untoldMs() {
    return this.#begun ? (1000 * this.#lost) / this.#start.rate : 0;
  }

  /** The line is open, for the first time or again. What came before the first time was nobody's to hear. */
  begin() {
    if (!this.#begun) this.#lost = 0;
    this.#begun = true;
    this.#line.send(this.#start);
  }

  push({ samples, lost }) {
    this.#lost += lost;
    // Once there was no room, all of it must have gone: a little now and then would be all gaps.
    const most = this.#stalled ? samples.byteLength : MOST_UNSENT_S * this.#start.rate * BYTES_PER_SAMPLE;
    this.#stalled = !this.#line.isOpen || this.#line.unsentBytes > most;
    if (this.#stalled) {
      this.#lost += samples.length;
      return;
    }
    if (this.#lost) this.#line.send({ type: "lost", samples: this.#lost });
    this.#lost = 0;
    this.#line.send(samples);
  }
}

// ---------------------------------------------------------------------------------------------------------- the stream

/** A hello and what came after it, as far back as the timeline shows. */
class Stream {
  constructor(hello) {
    this.hello = hello;
    this.seq = hello.seq;
    this.estimates = [];
    this.utterances = [];
    this.gaps = [];
    this.latest = null;
    this.speakingSinceMs = null;
    this.heardSpeech = false;
    this.summary = null;
    this.lostMs = 0;
    this.skipped = 0;
  }

  /** The same stream after a reconnection: what was drawn stays, what was missed in between is not counted as skipped. */
  continues(hello) {
    const before = this.hello;
    return hello.stream === before.stream && hello.seq >= this.seq && String(hello.labels) === String(before.labels);
  }

  /** Whether time ran backwards, as it never does within a stream: the server was started anew while nobody looked. */
  isOver(event) {
    return event.type === "estimate" && event.t_end_ms < this.latest?.t_end_ms;
  }

  take(event) {
    if (event.seq > this.seq) {
      this.skipped += event.seq - this.seq - 1;
      this.seq = event.seq;
    }
    if (event.type === "estimate" && event.t_end_ms !== this.latest?.t_end_ms) {
      this.latest = event;
      this.heardSpeech ||= event.speech;
      this.estimates.push(event);
    } else if (event.type === "utterance_start") this.speakingSinceMs = event.t_start_ms;
    else if (event.type === "utterance") {
      this.speakingSinceMs = null;
      this.utterances.push(event);
    } else if (event.type === "gap") {
      this.gaps.push(event);
      this.lostMs += event.lost_ms;
    } else if (event.type === "health") this.lostMs = event.lost_ms;
    else if (event.type === "summary") this.summary = event;
    const start = this.nowMs() - TIMELINE_MS;
    for (const list of [this.estimates, this.utterances, this.gaps]) {
      while (list.length && (list[0].t_end_ms < start || list.length > MAX_ESTIMATES)) list.shift();
    }
  }

  nowMs() {
    return Math.max(this.latest?.t_end_ms ?? 0, this.gaps.at(-1)?.t_end_ms ?? 0);
  }
}

// -------------------------------------------------------------------------------------------------------- what is shown

/** Labels that have no colour of their own get those that no other label here has. */
function labelColours(labels) {
  const free = Object.keys(PALETTE).filter((name) => !labels.includes(name));
  const spare = free.length ? free : Object.keys(PALETTE);
  let strangers = 0;
  return labels.map((label) => (Object.hasOwn(PALETTE, label) ? PALETTE[label] : PALETTE[spare[strangers++ % spare.length]]));
}

/** One meter for each label, and one for the level. */
class Bars {
  #box;
  #rows = new Map();
  #level = null;

  constructor(box) {
    this.#box = box;
  }

  build(labels) {
    const colours = labelColours(labels);
    this.#rows.clear();
    this.#box.replaceChildren();
    labels.forEach((label, index) => {
      const row = this.#meter(label, "track", 0, 100);
      row.track.style.setProperty("--c", `var(--emo-color-${CSS.escape(label)}, ${colours[index]})`);
      this.#rows.set(label, row);
    });
    this.#box.append(build("div", "rule"));
    this.#level = this.#meter("level", "track level", FLOOR_DBFS, 0);
  }

  show(estimate) {
    const p = estimate?.p ?? {};
    const top = estimate?.speech ? likeliest(p)[0] : "";
    this.#box.classList.toggle("idle", !estimate?.speech);
    for (const [label, row] of this.#rows) {
      this.#set(row, p[label] ?? 0, Math.round(100 * (p[label] ?? 0)), label in p ? percent(p[label]) : "–");
      for (const element of [row.name, row.track, row.share]) element.classList.toggle("top", label === top);
    }
    if (!this.#level) return;
    const dbfs = Math.max(FLOOR_DBFS, estimate?.level_dbfs ?? FLOOR_DBFS);
    this.#set(this.#level, loudness(dbfs), Math.round(dbfs), estimate ? `${decibels(dbfs)} dB` : "–");
  }

  colour(label) {
    const row = this.#rows.get(label);
    return row ? getComputedStyle(row.track).getPropertyValue("--c").trim() : "";
  }

  #meter(name, className, lowest, highest) {
    const row = { name: build("span", "name", name), track: build("div", className), share: build("span", "share") };
    row.fill = row.track.appendChild(build("div", "fill"));
    for (const [key, value] of Object.entries({ label: name, valuemin: lowest, valuemax: highest })) {
      row.track.setAttribute(`aria-${key}`, value);
    }
    row.track.setAttribute("role", "meter");
    row.name.ariaHidden = row.share.ariaHidden = "true";
    this.#box.append(row.name, row.track, row.share);
    return row;
  }

  #set(row, fraction, value, text) {
    row.fill.style.transform = `translateX(${(fraction - 1) * 100}%)`;
    row.share.textContent = text;
    row.track.setAttribute("aria-valuenow", value);
    row.track.setAttribute("aria-valuetext", text);
  }
}

/** The last minute: loudness as height, the live label as colour; beneath it each utterance with its own verdict. */
class Timeline {
  #canvas;
  #bars;

  constructor(canvas, bars) {
    this.#canvas = canvas;
    this.#bars = bars;
  }

  draw(stream, isTransparent) {
    const canvas = this.#canvas;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width || !height) return;
    const scale = devicePixelRatio || 1;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    const style = getComputedStyle(canvas);
    const paint = { ink: style.color, muted: style.getPropertyValue("--muted"), line: style.getPropertyValue("--line"), alarm: style.getPropertyValue("--alarm") };
    const font = (weight) => `${weight} 11px ${style.fontFamily}`;
    if (isTransparent) [pen.shadowColor, pen.shadowBlur] = ["rgb(0 0 0 / .7)", 4];
    const waveHeight = height - 52;
    const nowMs = stream?.nowMs() ?? 0;
    const x = (ms) => width - ((nowMs - ms) / TIMELINE_MS) * width;
    this.#drawWave(pen, paint, stream, width, waveHeight, nowMs);
    pen.font = font(500);
    if (stream) {
      this.#drawUtterances(pen, paint, stream, waveHeight + 8, width, x);
      this.#drawGaps(pen, paint, stream, waveHeight, width, x);
    }
    pen.font = font(400);
    pen.fillStyle = paint.muted;
    for (const [text, align, at] of [["60 s ago", "left", 0], ["30 s", "center", width / 2], ["now", "right", width]]) {
      pen.textAlign = align;
      pen.fillText(text, at, height - 3);
    }
    const said = (stream?.utterances ?? []).slice(-3).map((utterance) => utterance.label ?? "not sure");
    canvas.setAttribute("aria-label", `The last minute. ${said.length ? `Latest utterances: ${said.join(", ")}.` : "No utterance yet."}`);
  }

  #drawWave(pen, paint, stream, width, height, nowMs) {
    // Bars of whole steps, so that every bar holds the same number of estimates.
    const stepMs = stream?.hello.step_ms || 250;
    const barMs = stepMs * Math.max(1, Math.ceil((TIMELINE_MS * 4.5) / width / stepMs));
    const pitch = (width * barMs) / TIMELINE_MS;
    const thickness = Math.min(4, Math.max(1.5, pitch * 0.56));
    const barOf = (ms) => Math.ceil(ms / barMs);
    const bars = new Map();
    for (const estimate of stream?.estimates ?? []) {
      const bar = barOf(estimate.t_end_ms);
      const louder = Math.max(estimate.level_dbfs, bars.get(bar)?.level_dbfs ?? FLOOR_DBFS);
      bars.set(bar, { ...estimate, level_dbfs: louder });
    }
    const colours = new Map((stream?.hello.labels ?? []).map((label) => [label, this.#bars.colour(label)]));
    pen.lineCap = "round";
    pen.lineWidth = thickness;
    for (let back = 0; (back + 1) * pitch <= width + pitch; back++) {
      const estimate = bars.get(barOf(nowMs) - back);
      const half = estimate?.speech ? Math.max(1.5, (loudness(estimate.level_dbfs) ** 1.8 * (height - thickness)) / 2) : 0;
      const x = width - (back + 0.5) * pitch;
      pen.strokeStyle = !estimate?.speech ? paint.line : estimate.label == null ? paint.muted : colours.get(estimate.label);
      // Being unsure is drawn as dots: it must not look like a grey label.
      pen.setLineDash(estimate?.speech && estimate.label == null ? [0.01, thickness * 1.9] : []);
      pen.beginPath();
      pen.moveTo(x, height / 2 - half);
      pen.lineTo(x, height / 2 + half + 0.01);
      pen.stroke();
    }
    pen.setLineDash([]);
  }

  #drawUtterances(pen, paint, stream, y, width, x) {
    pen.textAlign = "left";
    let free = -Infinity;
    const open = stream.speakingSinceMs === null ? [] : [{ t_start_ms: stream.speakingSinceMs, t_end_ms: stream.nowMs(), isOpen: true }];
    for (const utterance of [...stream.utterances, ...open]) {
      const [left, right] = [Math.max(1.5, x(utterance.t_start_ms)), x(utterance.t_end_ms)];
      if (right - left < 2) continue;
      const unsure = utterance.label == null;
      const text = utterance.isOpen ? "" : unsure ? "not sure" : utterance.label;
      pen.lineWidth = utterance.isOpen ? 1.5 : 3;
      pen.strokeStyle = unsure ? paint.muted : this.#bars.colour(utterance.label);
      pen.setLineDash(unsure && !utterance.isOpen ? [0.01, 6] : []);
      pen.beginPath();
      pen.moveTo(left + 1.5, y);
      pen.lineTo(Math.max(left + 1.6, right - 1.5), y);
      pen.stroke();
      pen.setLineDash([]);
      const textWidth = pen.measureText(text).width;
      const at = Math.max(0, Math.min(left, width - textWidth));
      if (at <= free || textWidth > right - left + 24) continue;
      free = at + textWidth + 6;
      pen.fillStyle = unsure ? paint.muted : paint.ink;
      pen.fillText(text, at, y + 17);
    }
  }

  #drawGaps(pen, paint, stream, height, width, x) {
    pen.strokeStyle = pen.fillStyle = paint.alarm;
    pen.lineWidth = 1;
    for (const gap of stream.gaps) {
      const left = Math.max(0, x(gap.t_start_ms));
      const wide = Math.max(4, x(gap.t_end_ms) - left);
      pen.save();
      pen.beginPath();
      pen.rect(left, 14, wide, height - 14);
      pen.clip();
      pen.beginPath();
      for (let offset = -height; offset < wide; offset += 4) {
        pen.moveTo(left + offset, height);
        pen.lineTo(left + offset + height, 0);
      }
      pen.stroke();
      pen.restore();
      const text = `${seconds(gap.lost_ms)} lost`;
      const half = pen.measureText(text).width / 2;
      pen.textAlign = "center";
      pen.fillText(text, Math.min(Math.max(left + wide / 2, half), width - half), 9);
    }
  }
}

/** Tells a screen reader what changed: once it has stood for a moment, and no more often than one can listen to. */
class Announcer {
  #region;
  #next = "";
  #timer = 0;
  #saidAt = -ALOUD_EVERY_MS;

  constructor(region) {
    this.#region = region;
  }

  say(text) {
    if (!text) return;
    this.#next = text;
    this.#timer ||= setTimeout(() => this.#speak(), Math.max(SETTLE_MS, this.#saidAt + ALOUD_EVERY_MS - performance.now()));
  }

  #speak() {
    this.#timer = 0;
    if (this.#next === this.#region.textContent) return;
    this.#saidAt = performance.now();
    this.#region.textContent = this.#next;
  }
}

/** What to say in large, whether that is a label, the lines under it as [strong, plain], and what to say aloud. */
const verdict = (word, lines = [], { isLabel = false, aloud = word } = {}) => ({ word, lines, isLabel, aloud });

/** What an estimate comes to. */
function verdictOn(estimate, { hello, heardSpeech }) {
  // Pauses are not told aloud: there is one after every sentence.
  if (!estimate.speech) return verdict(heardSpeech ? "silence" : "waiting for speech", [["", "nobody is speaking"]], { aloud: "" });
  const agreement = hello.models.length > 1 ? [[percent(estimate.agreement), "agreement of the networks"]] : [];
  if (estimate.label != null) return verdict(estimate.label, [[percent(estimate.confidence), "likely"], ...agreement], { isLabel: true });
  const [label, p] = likeliest(estimate.p);
  return verdict("not sure", [["", label ? `closest is ${label}, at ${percent(p)}` : "listening"], ...agreement]);
}

/** What all of a person's audio comes to, once they have stopped. */
function verdictOverAll({ label, confidence, seconds: length, speech_seconds: spoken, share }) {
  if (!spoken) return verdict("nothing heard", [["", `nobody spoke in ${seconds(1000 * length)}`]]);
  const shares = Object.entries(share).filter(([, part]) => part >= 0.005).sort((one, other) => other[1] - one[1]);
  const lines = [
    [label == null ? "" : percent(confidence), `${label == null ? "" : "likely, "}over ${seconds(1000 * spoken)} of speech`],
    ["", shares.map(([name, part]) => `${name} ${percent(part)}`).join(", ")],
  ];
  return verdict(label ?? "not sure", lines, { isLabel: label != null, aloud: `In all: ${label ?? "not sure"}` });
}

const CLOSED = { 1001: "the server is stopping", 1013: "the server is full" };

class EmoStream extends (globalThis.HTMLElement ?? Object) {
  static observedAttributes = ["src", "theme", "microphone", "publish"];

  #$ = {};
  #bars;
  #timeline;
  #announcer;
  #microphone = null;
  #uplink = null;
  #line = new Line({
    opened: () => this.#opened(),
    received: (data) => this.#receive(data),
    closed: (code, reason) => this.#lost(code, reason),
    changed: () => this.#render(),
  });
  #stream = null;
  #fresh = false;
  #trouble = "";
  #closeCode = 0;
  #staleTimer = 0;
  #summaryTimer = 0;
  #redraw = () => this.#timeline.draw(this.#stream, this.getAttribute("theme") === "transparent");
  #resized = new ResizeObserver(this.#redraw);
  #darkness = matchMedia("(prefers-color-scheme: dark)");
  #hurry = () => document.hidden || this.#line.hurry();

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    root.innerHTML = MARKUP;
    this.#$.card = root.querySelector(".card");
    for (const element of root.querySelectorAll("[id]")) this.#$[element.id] = element;
    this.#bars = new Bars(this.#$.bars);
    this.#timeline = new Timeline(this.#$.timeline, this.#bars);
    this.#announcer = new Announcer(this.#$.aloud);
    this.#$.start.onclick = () => (this.#microphone.state === "off" ? this.#startReading() : this.#microphone.stop());
    this.#$.pause.onclick = () => this.#microphone.pause(this.#microphone.state === "on");
  }

  connectedCallback() {
    this.#resized.observe(this.#$.timeline);
    this.#darkness.addEventListener("change", this.#redraw);
    addEventListener("online", this.#hurry);
    document.addEventListener("visibilitychange", this.#hurry);
    this.#restart();
  }

  disconnectedCallback() {
    this.#resized.disconnect();
    this.#darkness.removeEventListener("change", this.#redraw);
    removeEventListener("online", this.#hurry);
    document.removeEventListener("visibilitychange", this.#hurry);
    this.#hangUp();
  }

  attributeChangedCallback(name, before, after) {
    if (!this.isConnected || before === after) return;
    if (name === "theme") this.#redraw();
    else this.#restart();
  }

  // --------------------------------------------------------------------------------------------------- the connection

  #hangUp() {
    this.#uplink = null;
    this.#microphone?.stop();
    this.#microphone = null;
    this.#fresh = false;
    clearTimeout(this.#staleTimer);
    clearTimeout(this.#summaryTimer);
    this.#line.close();
  }

  /** From nothing: a microphone waits for its click, everything else connects. */
  #restart() {
    this.#hangUp();
    this.#stream = null;
    this.#trouble = "";
    this.#closeCode = 0;
    const isMicrophone = this.hasAttribute("microphone");
    this.#$.controls.hidden = !isMicrophone;
    if (isMicrophone) this.#microphone = new Microphone((chunk) => this.#send(chunk), () => this.#turned());
    else this.#dial({});
    this.#render();
    this.#redraw();
  }

  #dial(extra) {
    try {
      this.#line.open(addressOf(this.getAttribute("src"), extra));
    } catch (error) {
      this.#trouble = `cannot connect: ${error.message}`;
      this.#render();
    }
  }

  async #startReading() {
    const microphone = this.#microphone;
    clearTimeout(this.#summaryTimer);
    this.#line.close();
    this.#stream = null;
    this.#trouble = "";
    if (!(await microphone.start())) return;
    const start = { type: "start", rate: microphone.rateHz, format: "f32le", source: "a browser's microphone" };
    if (this.hasAttribute("publish")) start.publish = this.getAttribute("publish");
    this.#uplink = new Uplink(this.#line, start);
    this.#dial({ stream: "" });
  }

  /** The microphone has become something else: by its buttons, or because it was taken away. */
  #turned() {
    if (this.#microphone.state === "off" && this.#uplink) this.#endReading();
    this.#render();
  }

  /** The line stays a moment for the verdict over all of it. */
  #endReading() {
    this.#uplink = null;
    this.#fresh = false;
    this.#trouble = "";
    if (this.#line.isOpen && this.#stream) {
      this.#line.send({ type: "stop" });
      this.#summaryTimer = setTimeout(() => this.#finish(), SUMMARY_WAIT_MS);
    } else this.#finish();
  }

  #finish() {
    clearTimeout(this.#summaryTimer);
    this.#line.close();
    this.#render();
  }

  #send(chunk) {
    this.#uplink?.push(chunk);
    if (this.#uplink?.untoldMs) this.#render();
  }

  #opened() {
    this.#uplink?.begin();
    this.#render();
  }

  #lost(code, reason) {
    this.#fresh = false;
    this.#closeCode = code;
    this.#trouble = CLOSED[code] ?? (reason || this.#trouble);
    if (this.#microphone?.state === "off") this.#line.close(); // it was waiting for the summary, and there is none now
  }

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
      if (event.type === "hello") this.#greet(event);
      else if (event.type === "error") this.#trouble = event.message;
      else if (this.#stream) this.#take(event);
      this.dispatchEvent(new CustomEvent("emostream", { detail: event }));
    }
    this.#render();
    this.#redraw();
  }

  #greet(hello) {
    this.#line.settle();
    this.#trouble = "";
    if (this.#stream?.continues(hello)) Object.assign(this.#stream, { hello, seq: hello.seq });
    else {
      this.#stream = new Stream(hello);
      this.#fresh = false;
      this.#bars.build(hello.labels);
    }
  }

  #take(event) {
    if (this.#stream.isOver(event)) this.#stream = new Stream({ ...this.#stream.hello, seq: event.seq });
    this.#stream.take(event);
    if (event.type === "estimate") this.#refresh();
    if (event.type === "health" && !event.source_ok) this.#fresh = false;
    if (event.type === "summary" && this.#microphone?.state === "off") this.#finish();
  }

  #refresh() {
    this.#fresh = !this.#microphone || this.#microphone.state !== "off";
    this.#trouble = "";
    clearTimeout(this.#staleTimer);
    this.#staleTimer = setTimeout(() => {
      this.#fresh = false;
      this.#render();
    }, Math.max(STALE_MS, 6 * this.#stream.hello.step_ms));
  }

  // ---------------------------------------------------------------------------------------------------- what is shown

  #verdict() {
    const { state, failure } = this.#microphone ?? {};
    if (failure) return verdict(failure[0], [["", failure[1]]], { aloud: failure.join(". ") });
    if (state === "asking") return verdict("may it listen?", [["", "the browser asks you for the microphone"]]);
    if (state === "off") return this.#verdictWhenOff();
    if (this.#line.retryAt) {
      const next = `next try in ${Math.max(1, Math.ceil((this.#line.retryAt - Date.now()) / 1000))} s`;
      return verdict(this.#closeCode === 1013 ? "server full" : "not connected", [["", next]]);
    }
    if (!this.#stream) {
      return this.#line.isOpen && !state ? verdict("waiting", [["", "no voice is being read here yet"]]) : verdict("connecting");
    }
    if (state === "paused") return verdict("paused", [["", "silence is sent until you go on"]]);
    const estimate = this.#stream.latest;
    if (!estimate) return verdict("waiting for speech");
    if (!this.#fresh) return verdict("no signal", [["", "no audio is arriving"]]);
    return verdictOn(estimate, this.#stream);
  }

  #verdictWhenOff() {
    if (this.#stream?.summary) return verdictOverAll(this.#stream.summary);
    if (this.#line.isOpen) return verdict("finishing", [["", "the rest is being read"]]);
    const { host } = addressOf(this.getAttribute("src"), {}).url;
    return verdict("ready", [["", `your voice goes to ${host} and is read there; no sound is kept`]], { aloud: "" });
  }

  #notice(live) {
    const { state } = this.#microphone ?? {};
    if (live) return "A voice is being read";
    if (state === "paused") return "Paused: no voice is being read";
    if (this.#line.isOpen) return "No voice is being read";
    return state === "on" ? "No connection: the microphone is on, nobody reads it" : state === "off" ? "The microphone is off" : "No connection";
  }

  #state() {
    if (this.#trouble) return this.#trouble;
    if (this.#line.retryAt) return "reconnecting";
    if (this.#line.isOpen) return "connected";
    return this.#microphone && this.#microphone.state !== "on" ? "" : "connecting";
  }

  #render() {
    const { card, label, detail, notice, state, delay, losses } = this.#$;
    const { word, lines, isLabel, aloud } = this.#verdict();
    const live = this.#line.isOpen && this.#fresh && (this.#microphone?.state ?? "on") === "on";
    label.textContent = word;
    label.classList.toggle("quiet", !isLabel);
    detail.replaceChildren(
      ...lines.flatMap(([strong, plain], index) => [...(index ? [build("br", "")] : []), build("b", "", strong), strong ? ` ${plain}` : plain]),
    );
    if (!this.hasAttribute("quiet")) this.#announcer.say(aloud);
    card.classList.toggle("live", live);
    card.style.setProperty("--now", isLabel ? this.#bars.colour(word) : "transparent");
    notice.textContent = this.#notice(live);
    state.textContent = this.#state();
    state.classList.toggle("bad", Boolean(this.#trouble || this.#line.retryAt));
    const { latest, lostMs = 0, skipped = 0 } = this.#stream ?? {};
    this.#bars.show(live ? latest : null);
    delay.textContent = live && latest.latency_ms != null ? `${Math.round(latest.latency_ms)} ms behind` : "";
    const allLostMs = lostMs + (this.#uplink?.untoldMs ?? 0);
    losses.textContent = [allLostMs > 0 && `${seconds(allLostMs)} of audio lost`, skipped > 0 && `${skipped} updates skipped`].filter(Boolean).join(", ");
    this.#renderHello(this.#stream?.hello);
    this.#renderControls();
  }

  #renderHello(hello) {
    const { source, models, certainty } = this.#$;
    source.textContent = hello ? [hello.source, hello.speaker && `knows ${hello.speaker}'s voice`].filter(Boolean).join(" · ") : "";
    models.textContent = hello ? hello.models.map((model) => model.name).join(" + ") : "";
    const { be_right: asked, confidence, right, coverage } = hello?.certainty ?? {};
    const short = right < asked ? ` (${percent(asked)} was asked for)` : "";
    certainty.textContent = hello?.certainty
      ? `A label needs ${percent(confidence)}: then it was right ${percent(right)} of the time${short} on strangers, and shown for ${percent(coverage)} of speech.`
      : "";
  }

  #renderControls() {
    const { start, pause, timeline } = this.#$;
    timeline.hidden = Boolean(this.#microphone && !this.#stream);
    if (!this.#microphone) return;
    const { state } = this.#microphone;
    start.textContent = { off: "Read my voice", asking: "Cancel" }[state] ?? "Stop";
    start.classList.toggle("main", state === "off");
    start.hidden = !Microphone.isPossible;
    pause.hidden = state !== "on" && state !== "paused";
    pause.textContent = state === "paused" ? "Go on" : "Pause";
  }
}

if (globalThis.registerProcessor) registerProcessor("emo-tap", Tap);
else if (!customElements.get("emo-stream")) customElements.define("emo-stream", EmoStream);
