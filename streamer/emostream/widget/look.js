// How an element looks and which language it speaks: by its attributes, by the page around it, and by the page's own texts.

import { Texts, languageOf } from "./texts.js";

export const LOOKS = ["theme", "layout", "show", "scale", "lang", "texts", "quiet"];
const [LEAST_SCALE, LARGEST_SCALE] = [0.25, 8];

/** `changed()` is called when the page's language or direction is another. */
export class Look {
  ownTexts = null; // before those of the attribute `texts`
  texts;
  #element;
  #page;

  constructor(element, changed) {
    this.#element = element;
    this.#page = new MutationObserver(changed);
  }

  watch() {
    this.#page.observe(document.documentElement, { attributeFilter: ["lang", "dir"] });
  }

  unwatch() {
    this.#page.disconnect();
  }

  get isTransparent() {
    return this.#element.getAttribute("theme") === "transparent";
  }

  /** Give the card its texts and parts, and the element its size. */
  apply(card) {
    const element = this.#element;
    this.texts = new Texts(languageOf(element), this.ownTexts ?? parsedTexts(element.getAttribute("texts")));
    card.setLook(element.getAttribute("layout"), element.getAttribute("show"), this.texts);
    const scale = Number.parseFloat(element.getAttribute("scale"));
    element.style.zoom = Number.isFinite(scale) ? Math.min(LARGEST_SCALE, Math.max(LEAST_SCALE, scale)) : "";
  }
}

/** The table in the attribute `texts`; null without a usable one. */
function parsedTexts(json) {
  if (!json) return null;
  try {
    return JSON.parse(json);
  } catch (error) {
    console.warn(`<emo-stream texts> is no JSON: ${error.message}`);
    return null;
  }
}
