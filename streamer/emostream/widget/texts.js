// All texts of the element in one language, and numbers as that language writes them.

import de from "./texts_de.js";
import en from "./texts_en.js";
import es from "./texts_es.js";
import ru from "./texts_ru.js";
import zh from "./texts_zh.js";

const TABLES = { de, en, es, ru, zh };
const RIGHT_TO_LEFT = ["ar", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "syr", "ug", "ur", "yi"];
// In a line that runs from right to left these keep what is between them in its own direction.
const [ISOLATE, FROM_RIGHT, END_ISOLATE] = ["\u2068", "\u2067", "\u2069"];

/**
 * The texts for a language (as in `lang`; "" for unknown), with those of the page's own table before all others.
 * What neither that nor the language's table has is English.
 */
export class Texts {
  #tables;
  #numbers = new Map();
  #plurals;

  constructor(language, own = null) {
    const known = TABLES[language.split("-")[0].toLowerCase()];
    this.#tables = [own, known, en].filter(Boolean);
    this.lang = usable(own?.lang ?? (own && language)) ?? (known ?? en).lang;
    this.dir = RIGHT_TO_LEFT.includes(this.lang.split("-")[0].toLowerCase()) ? "rtl" : "ltr";
    this.#plurals = new Intl.PluralRules(this.lang);
  }

  /** A text as parts {text, isStrong, lang}: `*…*` is strong, {name} is the value of that name, a string or a part of its own. */
  parts(key, values = {}) {
    return parsed(this.#template(key, values)).map((part) => this.#filled(part, values)).flat();
  }

  /** The same as plain text. */
  text(key, values = {}) {
    return this.parts(key, values).map(({ text }) => text).join("");
  }

  /** [in large, what stands below it] for a reason why a microphone gives no audio. */
  failure({ name, message }) {
    const [title, hint] = this.#find("failures", name) ?? this.#find("failures", "other");
    return [title, hint.replace("{message}", message)];
  }

  /** A label's name for people, as a part. What no table names stays as it is, in a language that nobody knows. */
  label(name) {
    for (const { labels, lang } of this.#tables) {
      if (labels && Object.hasOwn(labels, name)) return { text: labels[name], lang: lang ?? this.lang };
    }
    return { text: name, lang: "" };
  }

  /** [how to say it, what to say] for a mood; `isOnly` where no other is asked for. */
  sentence(mood, isOnly) {
    if (isOnly) return this.#find("ordinary");
    const [how, sentence] = this.#find("sentences", mood) ?? this.#find("anyMood");
    return [how.replace("{label}", this.label(mood).text), sentence];
  }

  /** Of whom the figures of the certainty are. */
  unheard(name) {
    return this.#find("unheard", name) ?? name;
  }

  number(value, digits = 0) {
    if (!this.#numbers.has(digits)) {
      this.#numbers.set(digits, new Intl.NumberFormat(this.lang, { minimumFractionDigits: digits, maximumFractionDigits: digits }));
    }
    return this.#numbers.get(digits).format(value).replace("-", "\u2212");
  }

  /** The day and the time of an RFC 3339 text, in the zone of whoever looks; the text itself if it is none. */
  moment(text) {
    const at = new Date(text);
    if (Number.isNaN(at.getTime())) return text;
    return new Intl.DateTimeFormat(this.lang, { dateStyle: "medium", timeStyle: "short" }).format(at);
  }

  percent(p) {
    return this.#measure("percent", Math.round(100 * p));
  }

  seconds(ms) {
    return this.#measure("seconds", ms / 1000, ms < 9950 ? 1 : 0);
  }

  wholeSeconds(s) {
    return this.#measure("seconds", s);
  }

  decibels(dbfs) {
    return this.#measure("decibels", Math.round(dbfs));
  }

  /** Several short texts in one line. */
  list(texts, separator = ", ") {
    const line = texts.filter(Boolean).map((text) => this.#isolated(text)).join(separator);
    return line && this.dir === "rtl" ? FROM_RIGHT + line + END_ISOLATE : line;
  }

  /** A number and its unit, which stand in one direction. */
  #measure(unit, value, digits = 0) {
    return this.#find(unit).replace("{n}", this.number(value, digits));
  }

  #find(key, name) {
    for (const table of this.#tables) {
      if (name === undefined ? Object.hasOwn(table, key) : table[key] && Object.hasOwn(table[key], name)) {
        return name === undefined ? table[key] : table[key][name];
      }
    }
    return undefined;
  }

  /** The text itself; where it has forms for one, few and many, that for the number `count`. */
  #template(key, { count = 0 }) {
    const found = this.#find(key);
    return typeof found === "object" ? (found[this.#plurals.select(Number(count))] ?? found.other) : found;
  }

  #filled({ text, isStrong, name }, values) {
    if (name === undefined) return { text, isStrong, lang: this.lang };
    const value = values[name];
    if (typeof value === "object") return [this.#mark(ISOLATE), { ...value, isStrong }, this.#mark(END_ISOLATE)].filter(Boolean);
    return { text: this.#isolated(String(value)), isStrong, lang: this.lang };
  }

  #isolated(text) {
    return this.dir === "rtl" ? ISOLATE + text + END_ISOLATE : text;
  }

  #mark(text) {
    return this.dir === "rtl" ? { text, isStrong: false, lang: this.lang } : null;
  }
}

/** The language as `Intl` takes it; undefined for none, and for what is no language. */
function usable(language) {
  try {
    return Intl.getCanonicalLocales(language || [])[0];
  } catch {
    return undefined;
  }
}

/** The language of an element: that of the nearest `lang` around it, shadow roots included. */
export function languageOf(element) {
  for (let node = element; node; node = node.parentNode ?? node.host) {
    if (node.lang) return node.lang;
  }
  return "";
}

/** A template cut into {text, isStrong} and {name, isStrong}. */
function parsed(template) {
  return template.split("*").flatMap((piece, index) =>
    piece
      .split(/(\{\w+\})/)
      .filter(Boolean)
      .map((text) => (/^\{\w+\}$/.test(text) ? { name: text.slice(1, -1) } : { text }))
      .map((part) => ({ ...part, isStrong: index % 2 === 1 })),
  );
}
