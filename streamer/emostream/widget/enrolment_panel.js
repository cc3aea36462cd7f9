// What the card shows in place of the reading while it gets to know a voice: which mood, what to say, how much was heard.

import { FLOOR_DBFS, decibels, loudness, newElement, seconds } from "./format.js";
import { sentenceFor } from "./sentences.js";

const MARKUP = `
  <div class="teach" part="teach" id="teach" hidden>
    <p class="step" id="step" tabindex="-1"></p>
    <p class="sentence" part="sentence" id="sentence"></p>
    <div class="bars" id="heard">
      <span class="name" aria-hidden="true">speech</span>
      <div class="track" role="progressbar" aria-label="speech" aria-valuemin="0"><div class="fill"></div></div>
      <span class="share" aria-hidden="true"></span>
      <span class="name" aria-hidden="true">level</span>
      <div class="track level" aria-hidden="true"><div class="fill"></div></div>
      <span class="share" aria-hidden="true"></span>
    </div>
    <ol class="moods" id="moods"></ol>
    <div class="controls">
      <button type="button" id="skip">Skip</button><button type="button" id="again">Again</button>
      <button type="button" id="cancel">Cancel</button>
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
  show(enrolment, latest, colour) {
    if (!enrolment) {
      if (this.#parts) this.#parts.teach.hidden = true;
      return "";
    }
    if (!this.#parts) this.#make();
    const { teach, step, sentence, skip, again } = this.#parts;
    const appears = teach.hidden;
    teach.hidden = false;
    const { mood, moods, place } = enrolment;
    const [how, words] = mood === null ? ["", "Thank you: the numbers of your voice are being made."] : sentenceFor(mood, moods.length === 1);
    step.replaceChildren(...stepWords(enrolment, how));
    sentence.textContent = words;
    teach.style.setProperty("--c", mood === null ? "" : colour(mood));
    skip.hidden = again.hidden = mood === null;
    skip.hidden ||= moods.length === 1;
    again.disabled = place === 0 && !enrolment.speechMs;
    this.#showMeters(enrolment, latest);
    this.#showMoods(enrolment, colour);
    if (appears) step.focus();
    return mood === null ? words : `${enrolment.tooShort ? "Once more. " : ""}${how}: ${words}`;
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

  #showMeters({ speechMs, targetMs, mood }, latest) {
    const { speech, level } = this.#rows;
    const shownMs = mood === null ? targetMs : Math.min(speechMs, targetMs);
    speech.setAttribute("aria-valuemax", targetMs / 1000);
    speech.setAttribute("aria-valuenow", (shownMs / 1000).toFixed(1));
    fill(speech, shownMs / targetMs, `${(shownMs / 1000).toFixed(1)} of ${targetMs / 1000} s`);
    const dbfs = Math.max(FLOOR_DBFS, latest?.level_dbfs ?? FLOOR_DBFS);
    fill(level, loudness(dbfs), latest ? `${decibels(dbfs)} dB` : "–");
  }

  #showMoods({ moods, place, heardMs }, colour) {
    this.#parts.moods.hidden = moods.length === 1;
    this.#parts.moods.replaceChildren(
      ...moods.map((mood, index) => {
        const item = newElement("li", index === place ? "now" : mood in heardMs ? "done" : "", mood);
        item.style.setProperty("--c", colour(mood));
        if (index === place) item.ariaCurrent = "step";
        if (mood in heardMs && index !== place) item.append(newElement("span", "muted", ` ${seconds(heardMs[mood])}`));
        return item;
      }),
    );
  }
}

function stepWords({ moods, place, mood, tooShort }, how) {
  if (mood === null) return [];
  const number = moods.length > 1 ? `${place + 1} of ${moods.length} · ` : "";
  return [number, newElement("b", "", how), tooShort ? " · too little was heard: once more, nearer or louder" : ""];
}

function fill(track, fraction, text) {
  track.firstElementChild.style.transform = `translateX(${(fraction - 1) * 100}%)`;
  track.nextElementSibling.textContent = text;
}
