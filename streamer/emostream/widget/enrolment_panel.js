// What the card shows in place of the reading while it gets to know a voice: which mood, what to say, how much was heard.

import { FLOOR_DBFS, loudness, newElement, showPart } from "./format.js";

const MARKUP = `
  <div class="teach" part="teach" id="teach" hidden>
    <p class="step text" id="step" tabindex="-1"></p>
    <p class="sentence text" part="sentence" id="sentence"></p>
    <div class="bars" id="heard">
      <span class="name" id="speech-name" aria-hidden="true"></span>
      <div class="track" role="progressbar" aria-valuemin="0"><div class="fill"></div></div>
      <span class="share" aria-hidden="true"></span>
      <span class="name" id="level-name" aria-hidden="true"></span>
      <div class="track level" aria-hidden="true"><div class="fill"></div></div>
      <span class="share" aria-hidden="true"></span>
    </div>
    <ol class="moods" id="moods"></ol>
    <div class="controls">
      <button type="button" id="skip"></button><button type="button" id="again"></button>
      <button type="button" id="cancel"></button>
    </div>
  </div>
`;

/** It is made behind the element `before` when it is first shown: most cards never show it. */
export class EnrolmentPanel {
  #parts = null;
  #rows;
  #before;
  #handlers;

  constructor(before) {
    this.#before = before;
  }

  /** Call these when the buttons are pressed. */
  onPress(handlers) {
    this.#handlers = handlers;
  }

  get hasFocus() {
    return Boolean(this.#parts?.teach.contains(this.#before.getRootNode().activeElement));
  }

  /** Show a `VoiceEnrolment`, or nothing; `colour` gives that of a label. Returns what a screen reader announces. */
  show(enrolment, latest, texts, colour) {
    if (!enrolment) {
      if (this.#parts) this.#parts.teach.hidden = true;
      return "";
    }
    if (!this.#parts) this.#make();
    const { teach, step, sentence, skip, again } = this.#parts;
    const appears = teach.hidden;
    teach.hidden = false;
    if (appears) this.#name(texts);
    const { mood, moods, place } = enrolment;
    const [how, words] = mood === null ? ["", texts.text("thanks")] : texts.sentence(mood, moods.length === 1);
    step.replaceChildren(...stepNodes(enrolment, how, texts));
    sentence.textContent = words;
    teach.style.setProperty("--c", mood === null ? "" : colour(mood));
    skip.hidden = again.hidden = mood === null;
    skip.hidden ||= moods.length === 1;
    again.disabled = place === 0 && !enrolment.speechMs;
    this.#showMeters(enrolment, latest, texts);
    this.#showMoods(enrolment, texts, colour);
    if (appears) step.focus();
    return mood === null ? words : `${enrolment.tooShort ? `${texts.text("onceMore")} ` : ""}${how}: ${words}`;
  }

  #make() {
    this.#before.insertAdjacentHTML("afterend", MARKUP);
    const teach = this.#before.nextElementSibling;
    this.#parts = { teach };
    for (const element of teach.querySelectorAll("[id]")) this.#parts[element.id] = element;
    const [speech, level] = this.#parts.heard.querySelectorAll(".track");
    this.#rows = { speech, level };
    for (const [id, handler] of Object.entries(this.#handlers)) this.#parts[id].onclick = handler;
  }

  #name(texts) {
    const { skip, again, cancel, step, sentence, "speech-name": speech, "level-name": level } = this.#parts;
    for (const [element, key] of [[skip, "skip"], [again, "again"], [cancel, "cancel"], [speech, "speech"], [level, "level"]]) {
      element.textContent = texts.text(key);
    }
    for (const element of [step, sentence]) element.dir = texts.dir;
    this.#rows.speech.ariaLabel = texts.text("speech");
  }

  #showMeters({ speechMs, targetMs, mood }, latest, texts) {
    const { speech, level } = this.#rows;
    const shownMs = mood === null ? targetMs : Math.min(speechMs, targetMs);
    speech.setAttribute("aria-valuemax", targetMs / 1000);
    speech.setAttribute("aria-valuenow", (shownMs / 1000).toFixed(1));
    const target = texts.wholeSeconds(targetMs / 1000);
    fill(speech, shownMs / targetMs, texts.text("heardOf", { n: texts.number(shownMs / 1000, 1), s: target }));
    const dbfs = Math.max(FLOOR_DBFS, latest?.level_dbfs ?? FLOOR_DBFS);
    fill(level, loudness(dbfs), latest ? texts.decibels(dbfs) : "–");
  }

  #showMoods({ moods, place, heardMs }, texts, colour) {
    this.#parts.moods.hidden = moods.length === 1;
    this.#parts.moods.replaceChildren(
      ...moods.map((mood, index) => {
        const item = newElement("li", index === place ? "now" : mood in heardMs ? "done" : "");
        showPart(item, texts.label(mood));
        item.style.setProperty("--c", colour(mood));
        if (index === place) item.ariaCurrent = "step";
        if (mood in heardMs && index !== place) item.append(newElement("span", "muted", ` ${texts.seconds(heardMs[mood])}`));
        return item;
      }),
    );
  }
}

function stepNodes({ moods, place, mood, tooShort }, how, texts) {
  if (mood === null) return [];
  const number = moods.length > 1 ? `${texts.text("step", { n: texts.number(place + 1), count: texts.number(moods.length) })} · ` : "";
  return [number, newElement("b", "", how), tooShort ? ` · ${texts.text("tooLittle")}` : ""];
}

function fill(track, fraction, text) {
  track.style.setProperty("--p", fraction);
  track.nextElementSibling.textContent = text;
}
