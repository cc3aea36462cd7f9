// <emo-stream src="ws://127.0.0.1:8765/ws" theme="light|dark|transparent"> shows an emostream as it happens.
// One file, no dependencies. Labels come from the stream's hello; colours and type can be set with --emo-* properties.
"use strict";

(() => {
  const SUBPROTOCOL = "emostream.v1";
  const PROTOCOL_VERSION = 1;
  const TIMELINE_MS = 60_000;
  const MAX_ESTIMATES = 2_000;
  const FIRST_RETRY_MS = 1_000;
  const LAST_RETRY_MS = 30_000;
  const STALE_MS = 3_000; // without an estimate for this long (or six steps) nothing is being read
  const FLOOR_DBFS = -60;

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
      --ink: var(--emo-ink, #fff); --muted: var(--emo-muted, #f0f0f3); --line: var(--emo-line, rgb(255 255 255 / .32)); --alarm: var(--emo-alarm, #ff9d94);
      text-shadow: 0 0 3px rgb(0 0 0 / .75), 0 1px 10px rgb(0 0 0 / .45);
    }
    :host([hidden]) { display: none; }
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
    .label {
      font-size: clamp(2.5rem, 10.5cqi, 4.75rem); line-height: 1.04; font-weight: 600; letter-spacing: -.045em; overflow-wrap: break-word;
      padding-bottom: .06em; transition: color .3s;
    }
    .label.quiet { font-weight: 400; color: var(--muted); letter-spacing: -.035em; font-size: clamp(2.1rem, 8.4cqi, 3.75rem); }
    .detail { margin-top: .7rem; min-height: 2.8em; color: var(--muted); font-variant-numeric: tabular-nums; text-wrap: balance; }
    .detail b { color: var(--ink); font-weight: 500; }
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
    .bad { color: var(--alarm); }
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
          <p class="label" part="label" id="label" role="status" aria-live="polite" aria-atomic="true"></p>
          <p class="detail" part="detail" id="detail"></p>
        </div>
        <div class="bars" part="bars" id="bars" role="group" aria-label="Probability of each label"></div>
      </div>
      <canvas part="timeline" id="timeline" role="img"></canvas>
      <div class="foot" part="status"><p><span id="state"></span><span id="delay"></span><span id="losses" class="bad"></span></p><p id="models"></p></div>
    </div>
  `;

  const percent = (p) => `${Math.round(p * 100)} %`;
  const seconds = (ms) => `${(ms / 1000).toFixed(ms < 9950 ? 1 : 0)} s`;
  const decibels = (dbfs) => String(Math.round(dbfs)).replace("-", "\u2212");
  const share = (dbfs) => Math.min(1, Math.max(0, 1 - dbfs / FLOOR_DBFS));

  function build(tag, className, text = "") {
    const element = document.createElement(tag);
    element.className = className;
    element.textContent = text;
    return element;
  }

  function labelColours(labels) {
    const free = Object.keys(PALETTE).filter((name) => !labels.includes(name));
    const spare = free.length ? free : Object.keys(PALETTE);
    let strangers = 0;
    return labels.map((label) => (Object.hasOwn(PALETTE, label) ? PALETTE[label] : PALETTE[spare[strangers++ % spare.length]]));
  }

  function likeliest(p) {
    return Object.entries(p).reduce((best, entry) => (entry[1] > best[1] ? entry : best), ["", 0]);
  }

  /** A hello and what came after it, as far back as the timeline shows. */
  class Stream {
    constructor(hello) {
      this.hello = hello;
      this.seq = hello.seq;
      this.estimates = [];
      this.utterances = [];
      this.gaps = [];
      this.latest = null;
      this.heardSpeech = false;
      this.lostMs = 0;
      this.skipped = 0;
    }

    /** The same stream after a reconnection: what was drawn stays, what was missed in between is not counted as skipped. */
    continues(hello) {
      const before = this.hello;
      return hello.stream === before.stream && hello.seq >= this.seq && String(hello.labels) === String(before.labels);
    }

    take(event) {
      if (event.seq > this.seq) {
        this.skipped += event.seq - this.seq - 1;
        this.seq = event.seq;
      }
      if (event.type === "estimate" && event.t_end_ms < this.latest?.t_end_ms) {
        // Time never runs backwards within a stream: the daemon was started anew while nobody was connected.
        Object.assign(this, { ...new Stream(this.hello), seq: event.seq });
      }
      if (event.type === "estimate" && event.t_end_ms !== this.latest?.t_end_ms) {
        this.latest = event;
        this.heardSpeech ||= event.speech;
        this.estimates.push(event);
      } else if (event.type === "utterance") this.utterances.push(event);
      else if (event.type === "gap") {
        this.gaps.push(event);
        this.lostMs += event.lost_ms;
      } else if (event.type === "health") this.lostMs = event.lost_ms;
      const start = this.nowMs() - TIMELINE_MS;
      for (const list of [this.estimates, this.utterances, this.gaps]) {
        while (list.length && (list[0].t_end_ms < start || list.length > MAX_ESTIMATES)) list.shift();
      }
    }

    nowMs() {
      return Math.max(this.latest?.t_end_ms ?? 0, this.gaps.at(-1)?.t_end_ms ?? 0);
    }
  }

  class EmoStream extends HTMLElement {
    static observedAttributes = ["src", "theme"];

    #$ = {};
    #rows = new Map();
    #stream = null;
    #socket = null;
    #retryMs = FIRST_RETRY_MS;
    #retryAt = 0;
    #timer = 0;
    #staleTimer = 0;
    #fresh = false;
    #trouble = "";
    #resized = new ResizeObserver(() => this.#drawTimeline());
    #darkness = matchMedia("(prefers-color-scheme: dark)");
    #redraw = () => this.#drawTimeline();
    #hurry = () => this.#retryAt && !document.hidden && this.#connect();

    constructor() {
      super();
      const root = this.attachShadow({ mode: "open" });
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
      root.innerHTML = MARKUP;
      this.#$.card = root.querySelector(".card");
      for (const element of root.querySelectorAll("[id]")) this.#$[element.id] = element;
    }

    connectedCallback() {
      this.#resized.observe(this.#$.timeline);
      this.#darkness.addEventListener("change", this.#redraw);
      addEventListener("online", this.#hurry);
      document.addEventListener("visibilitychange", this.#hurry);
      this.#connect();
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
      if (name === "src") {
        this.#stream = null;
        this.#connect();
      } else this.#drawTimeline();
    }

    // ------------------------------------------------------------------------------------------------- the connection

    #url() {
      const base = location.href.replace(/^http/, "ws");
      return new URL(this.getAttribute("src") || "/ws", base);
    }

    #hangUp() {
      clearTimeout(this.#timer);
      clearTimeout(this.#staleTimer);
      this.#retryAt = 0;
      this.#fresh = false;
      const socket = this.#socket;
      this.#socket = null;
      socket?.close();
    }

    #connect() {
      this.#hangUp();
      let socket;
      try {
        socket = new WebSocket(this.#url(), SUBPROTOCOL);
      } catch (error) {
        this.#trouble = `cannot connect: ${error.message}`;
        this.#render();
        return;
      }
      this.#socket = socket;
      socket.onopen = () => socket === this.#socket && this.#render();
      socket.onmessage = ({ data }) => socket === this.#socket && this.#receive(data);
      socket.onclose = () => socket === this.#socket && this.#retry();
      this.#render();
    }

    #retry() {
      this.#hangUp();
      this.#retryAt = Date.now() + this.#retryMs;
      this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS);
      this.#countDown();
    }

    #countDown() {
      this.#render();
      const leftMs = this.#retryAt - Date.now();
      this.#timer = setTimeout(() => (leftMs <= 1_000 ? this.#connect() : this.#countDown()), Math.min(1_000, Math.max(leftMs, 0)));
    }

    #receive(data) {
      let event;
      try {
        event = JSON.parse(data);
      } catch {
        return;
      }
      if (event.v !== PROTOCOL_VERSION) {
        this.#trouble = `the daemon speaks protocol ${event.v}, this widget ${PROTOCOL_VERSION}`;
      } else if (event.type === "hello") this.#greet(event);
      else if (this.#stream) {
        if (event.type === "error") this.#trouble = event.message;
        this.#stream.take(event);
        if (event.type === "estimate") this.#refresh();
        if (event.type === "health" && !event.source_ok) this.#fresh = false;
      }
      this.#render();
      this.#drawTimeline();
    }

    #greet(hello) {
      this.#retryMs = FIRST_RETRY_MS;
      this.#trouble = "";
      if (this.#stream?.continues(hello)) this.#stream.seq = hello.seq;
      else {
        this.#stream = new Stream(hello);
        this.#buildBars(hello.labels);
      }
      this.#$.source.textContent = hello.source;
      this.#$.models.textContent = hello.models.map((model) => model.name).join(" + ");
    }

    #refresh() {
      this.#fresh = true;
      this.#trouble = "";
      clearTimeout(this.#staleTimer);
      this.#staleTimer = setTimeout(() => {
        this.#fresh = false;
        this.#render();
      }, Math.max(STALE_MS, 6 * this.#stream.hello.step_ms));
    }

    // ------------------------------------------------------------------------------------------------- what is shown

    #buildBars(labels) {
      const colours = labelColours(labels);
      this.#rows.clear();
      this.#$.bars.replaceChildren();
      labels.forEach((label, index) => {
        const row = this.#buildMeter(label, "track", 0, 100);
        row.track.style.setProperty("--c", `var(--emo-color-${CSS.escape(label)}, ${colours[index]})`);
        this.#rows.set(label, row);
      });
      this.#$.bars.append(build("div", "rule"));
      this.#$.level = this.#buildMeter("level", "track level", FLOOR_DBFS, 0);
    }

    #buildMeter(name, className, lowest, highest) {
      const row = { name: build("span", "name", name), track: build("div", className), share: build("span", "share") };
      row.fill = row.track.appendChild(build("div", "fill"));
      for (const [key, value] of Object.entries({ label: name, valuemin: lowest, valuemax: highest })) {
        row.track.setAttribute(`aria-${key}`, value);
      }
      row.track.setAttribute("role", "meter");
      row.name.ariaHidden = row.share.ariaHidden = "true";
      this.#$.bars.append(row.name, row.track, row.share);
      return row;
    }

    #setMeter(row, fraction, value, text) {
      row.fill.style.transform = `translateX(${(fraction - 1) * 100}%)`;
      row.share.textContent = text;
      row.track.setAttribute("aria-valuenow", value);
      row.track.setAttribute("aria-valuetext", text);
    }

    #colour(label) {
      const row = this.#rows.get(label);
      return row ? getComputedStyle(row.track).getPropertyValue("--c").trim() : "";
    }

    /** What to say in large, whether that is a label, and the lines under it as [strong, plain] pairs. */
    #verdict() {
      if (this.#retryAt) return ["not connected", false, [["", `next try in ${Math.max(1, Math.ceil((this.#retryAt - Date.now()) / 1000))} s`]]];
      const estimate = this.#stream?.latest;
      if (!this.#stream) return ["connecting", false, []];
      if (!estimate) return ["waiting for speech", false, []];
      if (!this.#fresh) return ["no signal", false, [["", "no audio is arriving"]]];
      if (!estimate.speech) return [this.#stream.heardSpeech ? "silence" : "waiting for speech", false, [["", "nobody is speaking"]]];
      const agreement = this.#stream.hello.models.length > 1 ? [[percent(estimate.agreement), "agreement of the networks"]] : [];
      if (estimate.label != null) return [estimate.label, true, [[percent(estimate.confidence), "likely"], ...agreement]];
      const [label, p] = likeliest(estimate.p);
      return ["not sure", false, [["", label ? `closest is ${label}, at ${percent(p)}` : "listening"], ...agreement]];
    }

    #render() {
      const { card, label, detail, notice, state, delay, losses } = this.#$;
      const [word, isLabel, lines] = this.#verdict();
      const connected = this.#socket?.readyState === WebSocket.OPEN;
      const live = connected && this.#fresh;
      if (label.textContent !== word) label.textContent = word; // set only when it changes: it is read aloud
      label.classList.toggle("quiet", !isLabel);
      detail.replaceChildren(
        ...lines.flatMap(([strong, plain], index) => [...(index ? [build("br", "")] : []), build("b", "", strong), strong ? ` ${plain}` : plain]),
      );
      card.classList.toggle("live", live);
      card.style.setProperty("--now", isLabel ? this.#colour(word) : "transparent");
      notice.textContent = live ? "A voice is being read" : connected ? "No voice is being read" : "No connection";
      state.textContent = this.#trouble || (this.#retryAt ? "reconnecting" : connected ? "connected" : "connecting");
      state.classList.toggle("bad", Boolean(this.#trouble || this.#retryAt));
      this.#renderMeters(live);
      const { latest, lostMs = 0, skipped = 0 } = this.#stream ?? {};
      delay.textContent = live && latest.latency_ms != null ? `${Math.round(latest.latency_ms)} ms behind` : "";
      losses.textContent = [lostMs > 0 && `${seconds(lostMs)} of audio lost`, skipped > 0 && `${skipped} updates skipped`].filter(Boolean).join(", ");
    }

    #renderMeters(live) {
      const estimate = live ? this.#stream.latest : null;
      const p = estimate?.p ?? {};
      const top = estimate?.speech ? likeliest(p)[0] : "";
      this.#$.bars.classList.toggle("idle", !estimate?.speech);
      for (const [label, row] of this.#rows) {
        this.#setMeter(row, p[label] ?? 0, Math.round(100 * (p[label] ?? 0)), label in p ? percent(p[label]) : "–");
        for (const element of [row.name, row.track, row.share]) element.classList.toggle("top", label === top);
      }
      if (!this.#$.level) return;
      const dbfs = Math.max(FLOOR_DBFS, estimate?.level_dbfs ?? FLOOR_DBFS);
      this.#setMeter(this.#$.level, share(dbfs), Math.round(dbfs), estimate ? `${decibels(dbfs)} dB` : "–");
    }

    // -------------------------------------------------------------------------------------------------- the timeline

    /** Loudness as height and the live label as colour; beneath it, each finished utterance with its own verdict. */
    #drawTimeline() {
      const canvas = this.#$.timeline;
      const [width, height] = [canvas.clientWidth, canvas.clientHeight];
      if (!width || !height) return;
      const scale = devicePixelRatio || 1;
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      const pen = canvas.getContext("2d");
      pen.scale(scale, scale);
      const style = getComputedStyle(this.#$.card);
      const paint = { ink: style.color, muted: style.getPropertyValue("--muted"), line: style.getPropertyValue("--line"), alarm: style.getPropertyValue("--alarm") };
      const family = style.fontFamily;
      if (this.getAttribute("theme") === "transparent") [pen.shadowColor, pen.shadowBlur] = ["rgb(0 0 0 / .7)", 4];
      const waveHeight = height - 52;
      const nowMs = this.#stream?.nowMs() ?? 0;
      const x = (ms) => width - ((nowMs - ms) / TIMELINE_MS) * width;
      this.#drawWave(pen, paint, width, waveHeight, nowMs);
      if (this.#stream) {
        this.#drawUtterances(pen, paint, family, waveHeight + 8, x);
        this.#drawGaps(pen, paint, family, waveHeight, x);
      }
      pen.font = `400 11px ${family}`;
      pen.fillStyle = paint.muted;
      for (const [text, align, at] of [["60 s ago", "left", 0], ["30 s", "center", width / 2], ["now", "right", width]]) {
        pen.textAlign = align;
        pen.fillText(text, at, height - 3);
      }
      const said = (this.#stream?.utterances ?? []).slice(-3).map((utterance) => utterance.label ?? "not sure");
      canvas.setAttribute("aria-label", `The last minute. ${said.length ? `Latest utterances: ${said.join(", ")}.` : "No utterance yet."}`);
    }

    #drawWave(pen, paint, width, height, nowMs) {
      // Bars of whole steps, so that every bar holds the same number of estimates.
      const stepMs = this.#stream?.hello.step_ms || 250;
      const barMs = stepMs * Math.max(1, Math.ceil((TIMELINE_MS * 4.5) / width / stepMs));
      const pitch = (width * barMs) / TIMELINE_MS;
      const thickness = Math.min(4, Math.max(1.5, pitch * 0.56));
      const barOf = (ms) => Math.ceil(ms / barMs);
      const bars = new Map();
      for (const estimate of this.#stream?.estimates ?? []) {
        const bar = barOf(estimate.t_end_ms);
        const louder = Math.max(estimate.level_dbfs, bars.get(bar)?.level_dbfs ?? FLOOR_DBFS);
        bars.set(bar, { ...estimate, level_dbfs: louder });
      }
      const colours = new Map([...this.#rows.keys()].map((label) => [label, this.#colour(label)]));
      pen.lineCap = "round";
      pen.lineWidth = thickness;
      for (let back = 0; (back + 1) * pitch <= width + pitch; back++) {
        const estimate = bars.get(barOf(nowMs) - back);
        const half = estimate?.speech ? Math.max(1.5, (share(estimate.level_dbfs) ** 1.8 * (height - thickness)) / 2) : 0;
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

    #drawUtterances(pen, paint, family, y, x) {
      pen.font = `500 11px ${family}`;
      pen.textAlign = "left";
      let free = -Infinity;
      for (const utterance of this.#stream.utterances) {
        const [left, right] = [Math.max(1.5, x(utterance.t_start_ms)), x(utterance.t_end_ms)];
        if (right - left < 2) continue;
        const unsure = utterance.label == null;
        const text = unsure ? "not sure" : utterance.label;
        pen.lineWidth = 3;
        pen.strokeStyle = unsure ? paint.muted : this.#colour(utterance.label);
        pen.setLineDash(unsure ? [0.01, 6] : []);
        pen.beginPath();
        pen.moveTo(left + 1.5, y);
        pen.lineTo(Math.max(left + 1.6, right - 1.5), y);
        pen.stroke();
        pen.setLineDash([]);
        const textWidth = pen.measureText(text).width;
        const at = Math.max(0, Math.min(left, pen.canvas.clientWidth - textWidth));
        if (at <= free || textWidth > right - left + 24) continue;
        free = at + textWidth + 6;
        pen.fillStyle = unsure ? paint.muted : paint.ink;
        pen.fillText(text, at, y + 17);
      }
    }

    #drawGaps(pen, paint, family, height, x) {
      pen.strokeStyle = pen.fillStyle = paint.alarm;
      pen.font = `500 11px ${family}`;
      pen.lineWidth = 1;
      for (const gap of this.#stream.gaps) {
        const left = x(gap.t_start_ms);
        const width = Math.max(4, x(gap.t_end_ms) - left);
        pen.save();
        pen.beginPath();
        pen.rect(left, 14, width, height - 14);
        pen.clip();
        pen.beginPath();
        for (let offset = -height; offset < width; offset += 4) {
          pen.moveTo(left + offset, height);
          pen.lineTo(left + offset + height, 0);
        }
        pen.stroke();
        pen.restore();
        const text = `${seconds(gap.lost_ms)} lost`;
        const half = pen.measureText(text).width / 2;
        pen.textAlign = "center";
        pen.fillText(text, Math.min(Math.max(left + width / 2, half), pen.canvas.clientWidth - half), 9);
      }
    }
  }

  if (!customElements.get("emo-stream")) customElements.define("emo-stream", EmoStream);
})();
