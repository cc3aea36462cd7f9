// The table of utterances: sorted by any column, filtered by words and by label.

const MOST_ROWS = 1000;

class Table {
  #recordings;
  #chosen;
  #columns;
  #sortedBy = "start";
  #isDescending = false;
  #rows = new Map();
  #current = null;

  /** `chosen(utterance)` when a person wants to hear one. */
  constructor(recordings, chosen) {
    this.#recordings = recordings;
    this.#chosen = chosen;
    this.#columns = [
      { key: "start", name: "Start", isNumber: true, text: ({ start }) => clock(start) },
      { key: "end", name: "End", isNumber: true, text: ({ end }) => clock(end) },
      { key: "name", name: "Label", text: ({ name }) => name },
      { key: "confidence", name: "Confidence", isNumber: true, text: ({ percent }) => percent },
      { key: "arousal", name: "Arousal", isNumber: true, text: ({ arousal }) => arousal?.toFixed(2) ?? "" },
      { key: "pitch", name: "Pitch", isNumber: true, text: ({ pitch }) => (pitch === undefined ? "" : `${Math.round(pitch)} Hz`) },
      { key: "earlier", name: "Shown before", isLong: true, text: ({ earlier }) => earlier ?? "" },
      { key: "recording", name: "Recording", isLong: true, text: ({ recording }) => recordings.at(recording).name },
    ];
    if (recordings.count === 1) this.#columns.pop();
    this.#writeHead();
  }

  /** Those that the words and the label leave; both may be empty. */
  found(utterances, query, label) {
    const words = query.trim().toLowerCase().split(/\s+/).filter(Boolean);
    return utterances.filter((one) => {
      if (label && one.name !== label) return false;
      if (!words.length) return true;
      const text = [one.words, ...this.#columns.map((column) => column.text(one))].join(" ").toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }

  show(utterances) {
    const { key } = this.#columns.find((column) => column.key === this.#sortedBy);
    const sorted = [...utterances].sort((one, other) => {
      const [a, b] = [one[key] ?? "", other[key] ?? ""];
      if (a === "" || b === "") return (a === "") - (b === ""); // what is not known stands last
      const order = typeof a === "number" ? a - b : a.localeCompare(b);
      return (this.#isDescending ? -order : order) || one.recording - other.recording || one.start - other.start;
    });
    this.#rows.clear();
    const rows = sorted.slice(0, MOST_ROWS).map((one) => this.#row(one));
    document.getElementById("rows").replaceChildren(...rows);
    this.mark(this.#current);
    return this;
  }

  /** Mark the utterance that is heard; null for none. */
  mark(utterance) {
    if (this.#current !== utterance) this.#rows.get(this.#current)?.removeAttribute("aria-current");
    this.#current = utterance;
    this.#rows.get(utterance)?.setAttribute("aria-current", "true");
  }

  /** `changed()` after a click on a column's name. */
  whenSorted(changed) {
    document.getElementById("columns").addEventListener("click", ({ target }) => {
      const key = target.closest("button")?.dataset.key;
      if (!key) return;
      this.#isDescending = key === this.#sortedBy && !this.#isDescending;
      this.#sortedBy = key;
      this.#tellOrder();
      changed();
    });
  }

  #writeHead() {
    const cells = this.#columns.map(({ key, name, isNumber }) => {
      const [cell, button] = [document.createElement("th"), document.createElement("button")];
      cell.scope = "col";
      if (isNumber) cell.className = "number";
      button.type = "button";
      button.dataset.key = key;
      button.textContent = name;
      cell.append(button);
      return cell;
    });
    document.getElementById("columns").replaceChildren(...cells);
    this.#tellOrder();
  }

  #tellOrder() {
    for (const button of document.querySelectorAll("#columns button")) {
      const isSorted = button.dataset.key === this.#sortedBy;
      const { name } = this.#columns.find(({ key }) => key === button.dataset.key);
      button.textContent = isSorted ? `${name} ${this.#isDescending ? "↓" : "↑"}` : name;
      if (isSorted) button.parentElement.setAttribute("aria-sort", this.#isDescending ? "descending" : "ascending");
      else button.parentElement.removeAttribute("aria-sort");
    }
  }

  #row(utterance) {
    const row = document.createElement("tr");
    for (const { key, text, isNumber, isLong } of this.#columns) {
      const cell = document.createElement("td");
      if (isNumber || isLong) cell.className = isNumber ? "number" : "words";
      if (key === "start") {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = text(utterance);
        button.setAttribute("aria-label", `Go to ${spokenTime(utterance.start)}, ${utterance.words}`);
        cell.append(button);
      } else {
        if (key === "name" && utterance.label !== null) {
          const swatch = document.createElement("span");
          swatch.className = "swatch";
          swatch.style.background = this.#recordings.colour(utterance.label);
          cell.append(swatch);
        }
        cell.append(text(utterance));
      }
      row.append(cell);
    }
    row.addEventListener("click", () => this.#chosen(utterance));
    this.#rows.set(utterance, row);
    return row;
  }
}
