import { FLOOR_DBFS, likeliest, loudness, newElement, showPart } from "./format.js";
import { labelColours } from "./palette.js";

/** One meter for each label, and one for the level. */
export class Bars {
  #container;
  #texts;
  #rows = new Map();
  #level = null;

  constructor(container) {
    this.#container = container;
  }

  setLabels(labels, texts) {
    this.#texts = texts;
    this.#container.ariaLabel = texts.text("probabilities");
    if (!labels) return;
    const colours = labelColours(labels);
    this.#rows.clear();
    this.#container.replaceChildren();
    labels.forEach((label, index) => {
      const row = this.#meter(texts.label(label), "track", 0, 100);
      row.track.style.setProperty("--c", `var(--emo-color-${CSS.escape(label)}, ${colours[index]})`);
      this.#rows.set(label, row);
    });
    this.#container.append(newElement("div", "rule"));
    this.#level = this.#meter({ text: texts.text("level"), lang: texts.lang }, "track level", FLOOR_DBFS, 0);
  }

  show(estimate) {
    const p = estimate?.p ?? {};
    const top = estimate?.speech ? likeliest(p)[0] : "";
    this.#container.classList.toggle("idle", !estimate?.speech);
    for (const [label, row] of this.#rows) {
      const share = p[label] ?? 0;
      this.#set(row, share, Math.round(100 * share), label in p ? this.#texts.percent(share) : "–");
      for (const element of [row.name, row.track, row.share]) element.classList.toggle("top", label === top);
    }
    if (!this.#level) return;
    const dbfs = Math.max(FLOOR_DBFS, estimate?.level_dbfs ?? FLOOR_DBFS);
    this.#set(this.#level, loudness(dbfs), Math.round(dbfs), estimate ? this.#texts.decibels(dbfs) : "–");
  }

  colour(label) {
    const row = this.#rows.get(label);
    return row ? getComputedStyle(row.track).getPropertyValue("--c").trim() : "";
  }

  #meter(name, className, lowest, highest) {
    const row = { name: newElement("span", "name"), track: newElement("div", className), share: newElement("span", "share") };
    showPart(row.name, name);
    row.name.dir = row.share.dir = "auto"; // a label may be of any language, and numbers keep their direction
    row.fill = row.track.appendChild(newElement("div", "fill"));
    for (const [key, value] of Object.entries({ label: name.text, valuemin: lowest, valuemax: highest })) {
      row.track.setAttribute(`aria-${key}`, value);
    }
    row.track.setAttribute("role", "meter");
    row.name.ariaHidden = row.share.ariaHidden = "true";
    this.#container.append(row.name, row.track, row.share);
    return row;
  }

  #set(row, fraction, value, text) {
    row.track.style.setProperty("--p", fraction);
    row.share.textContent = text;
    row.track.setAttribute("aria-valuenow", value);
    row.track.setAttribute("aria-valuetext", text);
  }
}
