// The page itself: what its controls, keys and pointers do.

const ZOOM_STEP = 1.6;
const element = (id) => document.getElementById(id);

class TimelinePage {
  #recordings = new Recordings();
  #drawing = new Drawing(this.#recordings);
  #player = new Player(() => this.#playerChanged(), () => this.#soundFailed());
  #table = new Table(this.#recordings, (utterance) => this.#goTo(utterance));
  #recording;
  viewport;
  #found = new Set();
  #isTurning = false; // whether the view follows what is heard
  #frame = 0;

  get ms() {
    return this.#player.ms;
  }

  start() {
    this.#fillChoices();
    element("voice").textContent = this.#recordings.haveAudio
      ? "This file holds the voices themselves, as sound: whoever gets it can hear them."
      : "This file holds no sound.";
    this.#listen();
    this.#open(0);
  }

  #fillChoices() {
    const option = (value, text) => Object.assign(document.createElement("option"), { value, textContent: text });
    element("recording").replaceChildren(...this.#recordings.names.map((name, number) => option(number, name)));
    element("choice").hidden = element("everywhere-label").hidden = this.#recordings.count === 1;
  }

  #open(number, ms = 0) {
    const recording = (this.#recording = this.#recordings.at(number));
    this.viewport = new Viewport(recording.lengthMs);
    element("recording").value = number;
    element("name").textContent = recording.name;
    const lost = recording.lostMs ? `${(recording.lostMs / 1000).toFixed(1)} s lost` : null;
    const speech = `${clock(recording.speechMs, false)} of speech in ${clock(recording.lengthMs, false)}`;
    const began = recording.began ? `began ${new Date(recording.began).toLocaleString()}` : null;
    element("facts").textContent = [recording.verdict, speech, lost, began, recording.models.join(" + ")].filter(Boolean).join(" · ");
    element("length").textContent = clock(recording.lengthMs);
    element("position").max = recording.lengthMs;
    this.#fillLabels();
    this.#writeLegend();
    this.#loadSound(ms);
    this.#search();
  }

  #fillLabels() {
    const everywhere = element("everywhere").checked;
    const utterances = everywhere ? this.#recordings.utterances : this.#recording.utterances;
    const names = [...new Set(utterances.map(({ name }) => name))].sort();
    const chosen = element("label").value;
    const options = ["", ...names].map((name) => Object.assign(document.createElement("option"), { value: name, textContent: name || "all" }));
    element("label").replaceChildren(...options);
    element("label").value = names.includes(chosen) ? chosen : "";
  }

  #loadSound(ms) {
    const url = this.#recordings.audioUrl(this.#recording.number);
    this.#player.load(url, this.#recording.lengthMs, ms);
    element("sound").hidden = url !== null;
    element("sound-words").textContent = url ? "" : "The sound of this recording is not in this file.";
    this.#playerChanged();
  }

  #soundFailed() {
    element("sound").hidden = false;
    element("sound-words").textContent = "This browser cannot play that sound: choose the recording itself, or another one.";
    this.#playerChanged();
  }

  // What is seen

  #playerChanged() {
    const play = element("play");
    play.disabled = !this.#player.hasSound;
    play.textContent = this.#player.isPlaying ? "Pause" : "Play";
    this.#player.keepPlace();
    this.#showPlace();
    if (this.#player.isPlaying && !this.#frame) this.#frame = requestAnimationFrame(() => this.#follow());
  }

  #follow() {
    this.#frame = 0;
    this.#player.keepPlace();
    if (this.#isTurning && !this.viewport.contains(this.#player.ms)) {
      this.viewport.turnTo(this.#player.ms);
      this.#draw();
    } else this.#showPlace();
    if (this.#player.isPlaying) this.#frame = requestAnimationFrame(() => this.#follow());
    else this.#playerChanged();
  }

  /** Where one is: the line, the slider, the time and what is said there. */
  #showPlace() {
    if (!this.viewport) return;
    const ms = this.#player.ms;
    const cursor = element("cursor");
    cursor.hidden = !this.viewport.contains(ms);
    cursor.style.left = `calc(${((ms - this.viewport.start) / this.viewport.width) * 100}% - 1px)`;
    element("now").textContent = clock(ms);
    const position = element("position");
    position.value = ms;
    const here = this.#recording.utterances.find((one) => one.start <= ms && ms < one.end) ?? null;
    const gap = this.#recording.gaps.find((one) => one.start <= ms && ms < one.end);
    const words = gap?.reason ?? here?.words ?? "silence";
    position.setAttribute("aria-valuetext", `${spokenTime(ms)}, ${words}`);
    if (element("here").textContent !== words) element("here").textContent = words;
    this.#table.mark(here);
  }

  #draw() {
    const { start, end } = this.viewport;
    this.#drawing.detail(element("detail"), this.#recording, this.viewport, this.#found);
    this.#drawing.overview(element("overview"), this.#recording, this.viewport);
    const n = this.#recording.utterances.filter((one) => one.end > start && one.start < end).length;
    const words = `Timeline from ${clock(start)} to ${clock(end)}: ${n} utterance${n === 1 ? "" : "s"}, which the table below lists`;
    element("detail").setAttribute("aria-label", words);
    element("out").disabled = element("whole").disabled = this.viewport.isWhole;
    this.#showPlace();
  }

  #writeLegend() {
    const { labels, utterances, gaps, steps } = this.#recording;
    const entries = labels.map((label, index) => ["label", `${this.#recordings.letter(label)} = ${label}`, label, index]);
    const unnamed = [...new Set(utterances.filter(({ label }) => label === null).map(({ name }) => name))];
    if (unnamed.length) entries.push(["unnamed", unnamed.join(", ")]);
    entries.push(["silence", "silence"], ...[...new Set(gaps.map(({ reason }) => reason))].map((reason) => [reason, reason]));
    const items = entries.map(([kind, words, label, index]) => {
      const item = document.createElement("li");
      const canvas = document.createElement("canvas");
      canvas.setAttribute("aria-hidden", "true");
      item.append(canvas, words);
      Object.assign(canvas, { redraw: () => this.#drawing.sample(canvas, kind, label, index, steps !== null) });
      return item;
    });
    element("legend").replaceChildren(...items);
    this.#drawLegend();
  }

  #drawLegend() {
    for (const canvas of element("legend").querySelectorAll("canvas")) canvas.redraw();
  }

  // What a person does

  #search() {
    const everywhere = element("everywhere").checked;
    const utterances = everywhere ? this.#recordings.utterances : this.#recording.utterances;
    const found = this.#table.found(utterances, element("query").value, element("label").value);
    this.#found = new Set(found);
    this.#table.show(found);
    const shown = Math.min(found.length, MOST_ROWS);
    element("count").textContent = `${found.length} of ${utterances.length}${shown < found.length ? `, the first ${shown} listed` : ""}`;
    this.#draw();
  }

  seek(ms) {
    this.#player.seek(ms);
    this.#isTurning = true;
    this.viewport.turnTo(this.#player.ms);
    this.#draw();
  }

  #goTo(utterance) {
    const wasPlaying = this.#player.isPlaying;
    if (utterance.recording !== this.#recording.number) {
      this.#open(utterance.recording, utterance.start);
      if (wasPlaying) this.#player.toggle();
    }
    if (!this.viewport.contains(utterance.start) || !this.viewport.contains(utterance.end)) {
      this.viewport.centreOn((utterance.start + utterance.end) / 2);
    }
    this.seek(utterance.start);
  }

  /** To the next utterance of those that were found, or to the one before. */
  step(direction) {
    const ms = this.#player.ms;
    const starts = this.#recording.utterances.filter((one) => this.#found.has(one));
    const next = direction > 0 ? starts.find(({ start }) => start > ms + 1) : starts.findLast(({ start }) => start < ms - 1);
    if (next) this.#goTo(next);
  }

  zoom(factor, ms = this.#player.ms) {
    this.viewport.zoom(factor, this.viewport.contains(ms) ? ms : this.viewport.start + this.viewport.width / 2);
    this.#draw();
  }

  showAll() {
    this.viewport.showAll();
    this.#draw();
  }

  /** Look elsewhere, by `move(viewport)`, wherever the sound is. */
  look(move) {
    this.#isTurning = false;
    move(this.viewport);
    this.#draw();
  }

  #listen() {
    const clicks = {
      play: () => this.toggle(),
      in: () => this.zoom(ZOOM_STEP),
      out: () => this.zoom(1 / ZOOM_STEP),
      whole: () => this.showAll(),
    };
    for (const [id, act] of Object.entries(clicks)) element(id).addEventListener("click", act);
    element("recording").addEventListener("change", ({ target }) => this.#open(Number(target.value)));
    element("speed").addEventListener("change", ({ target }) => (this.#player.speed = Number(target.value)));
    element("position").addEventListener("input", ({ target }) => this.seek(Number(target.value)));
    element("file").addEventListener("change", ({ target }) => {
      if (!target.files.length) return;
      this.#recordings.chooseAudio(this.#recording.number, target.files[0]);
      this.#loadSound(this.#player.ms);
      target.value = "";
    });
    element("query").addEventListener("input", () => this.#search());
    element("label").addEventListener("change", () => this.#search());
    element("everywhere").addEventListener("change", () => {
      this.#fillLabels();
      this.#search();
    });
    document.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      const first = [...this.#found][0];
      if (first) this.#goTo(first);
    });
    this.#table.whenSorted(() => this.#search());
    listenToPointers(this);
    document.addEventListener("keydown", (event) => pressKey(this, event));
    const redraw = () => {
      this.#draw();
      this.#drawLegend();
    };
    new ResizeObserver(redraw).observe(element("detail"));
    for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) matchMedia(query).addEventListener("change", redraw);
  }

  toggle() {
    this.#isTurning = true;
    this.#player.toggle();
  }
}

new TimelinePage().start();
