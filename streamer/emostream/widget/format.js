// Levels and probabilities as the meters show them, and the elements that hold texts.

export const FLOOR_DBFS = -60;

/** 0 at `FLOOR_DBFS` and below, 1 at full scale. */
export const loudness = (dbfs) => Math.min(1, Math.max(0, 1 - dbfs / FLOOR_DBFS));
/** The label with the highest probability and that probability; ["", 0] without any. */
export const likeliest = (p) => Object.entries(p).reduce((best, entry) => (entry[1] > best[1] ? entry : best), ["", 0]);

export function newElement(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

/** Show a part of `Texts` in an element of its own: its language decides where words are cut. */
export function showPart(element, { text, lang }) {
  element.textContent = text;
  element.lang = lang;
}

/** The nodes of some parts, of which `lang` is the language around them. */
export function nodesOf(parts, lang) {
  return parts.map((part) => {
    if (!part.isStrong && part.lang === lang) return part.text;
    const element = newElement(part.isStrong ? "b" : "span", "");
    showPart(element, part);
    if (part.lang === lang) element.removeAttribute("lang");
    return element;
  });
}
