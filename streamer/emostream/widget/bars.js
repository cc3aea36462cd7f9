import { FLOOR_DBFS, decibels, likeliest, loudness, newElement, percent } from "./format.js";
import { labelColours } from "./palette.js";

/** One meter for each label, and one for the level. */
export class Bars {
  #container;
  #rows = new Map();
  #level = null;

  constructor(container) {
    this.#container = container;
  }

  setLabels(labels) {
    const colours = labelColours(labels);
    this.#rows.clear();
    this.#container.replaceChildren();
    labels.forEach((label, index) => {
      const row = this.#meter(label, "track", 0, 100);
      row.track.style.setProperty("--c", `var(--emo-color-${CSS.escape(label)}, ${colours[index]})`);
      this.#rows.set(label, row);
    });
    this.#container.append(newElement("div", "rule"));
    this.#level = this.#meter("level", "track level", FLOOR_DBFS, 0);
  }

  show(estimate) {
    const p = estimate?.p ?? {};
    const top = estimate?.speech ? likeliest(p)[0] : "";
    this.#container.classList.toggle("idle", !estimate?.speech);
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
    const row = { name: newElement("span", "name", name), track: newElement("div", className), share: newElement("span", "share") };
    row.fill = row.track.appendChild(newElement("div", "fill"));
    for (const [key, value] of Object.entries({ label: name, valuemin: lowest, valuemax: highest })) {
      row.track.setAttribute(`aria-${key}`, value);
    }
    row.track.setAttribute("role", "meter");
    row.name.ariaHidden = row.share.ariaHidden = "true";
    this.#container.append(row.name, row.track, row.share);
    return row;
  }

  #set(row, fraction, value, text) {
    row.fill.style.transform = `translateX(${(fraction - 1) * 100}%)`;
    row.share.textContent = text;
    row.track.setAttribute("aria-valuenow", value);
    row.track.setAttribute("aria-valuetext", text);
  }
}
