// Draws a recording on canvases: utterances with their confidence as height, the outline of the sound, probabilities, gaps.

const DASHES = [[], [7, 3], [7, 3, 1.5, 3], [1.5, 3], [4, 2, 1, 2, 1, 2], [3, 1.5], [9, 4], [1, 2.5]];
const SHORT_CONFIDENCE = 0.12; // of an utterance without a verdict
const PALE = 0.22; // what a search has not found
const WORD_PX = 13;
const GAP_PATTERNS = { lost: "crossed", paused: "dotted" };
const BETWEEN_PX = 6;

class Drawing {
  #recordings;

  constructor(recordings) {
    this.#recordings = recordings;
  }

  /** All bands of the part that the viewport shows; `found` has the utterances that a search left. */
  detail(canvas, recording, viewport, found) {
    const area = prepared(canvas);
    if (!area) return;
    const { context, width, height } = area;
    const paint = paints();
    const font = getComputedStyle(canvas).fontFamily;
    const x = (ms) => ((ms - viewport.start) / viewport.width) * width;
    const axis = 22;
    const curves = recording.steps ? (height - axis) * 0.28 : 0;
    const sound = recording.envelope ? (height - axis) * 0.28 : 0;
    const bars = height - axis - curves - sound - (curves ? BETWEEN_PX : 0) - (sound ? BETWEEN_PX : 0);
    const [topOfSound, topOfCurves] = [bars + BETWEEN_PX, height - axis - curves];
    const end = Math.min(width, x(recording.lengthMs));
    context.fillStyle = paint.stripe;
    for (const [top, tall] of [[0, bars], [topOfSound, sound], [topOfCurves, curves]]) if (tall) context.fillRect(0, top, end, tall);
    const seen = recording.utterances.filter((one) => one.end > viewport.start && one.start < viewport.end);
    this.#bars({ context, paint, x, width, font }, seen, bars, found);
    if (sound) this.#sound({ context, paint, x, width }, recording, viewport, seen, topOfSound, sound);
    if (curves) this.#curves(context, x, recording, viewport, topOfCurves, curves);
    for (const gap of recording.gaps) {
      const [left, right] = [Math.max(-2, x(gap.start)), Math.min(width + 2, x(gap.end))];
      if (right < 0 || left > width) continue;
      context.fillStyle = paint.surface;
      context.fillRect(left, 0, Math.max(2, right - left), height - axis);
      hatch(context, left, 0, Math.max(2, right - left), height - axis, gap.reason === "lost" ? paint.alarm : paint.muted, GAP_PATTERNS[gap.reason]);
      this.#plate({ context, paint, font }, gap.reason, (left + right) / 2, 20, right - left);
    }
    this.#axis({ context, paint, font, x, width }, viewport, height - axis);
  }

  /** The whole recording in one line, with a frame around what the viewport shows. */
  overview(canvas, recording, viewport) {
    const area = prepared(canvas);
    if (!area) return;
    const { context, width, height } = area;
    const paint = paints();
    const x = (ms) => (ms / viewport.lengthMs) * width;
    context.fillStyle = paint.stripe;
    context.fillRect(0, 0, width, height);
    for (const one of recording.utterances) {
      const tall = (height - 4) * (one.confidence ?? SHORT_CONFIDENCE);
      context.fillStyle = this.#colour(one, paint);
      context.fillRect(x(one.start), height - tall, Math.max(0.75, x(one.end) - x(one.start)), tall);
    }
    for (const gap of recording.gaps) hatch(context, x(gap.start), 0, Math.max(2, x(gap.end) - x(gap.start)), height, paint.muted);
    if (viewport.isWhole) return;
    const [left, right] = [x(viewport.start), x(viewport.end)];
    context.fillStyle = paint.surface;
    context.globalAlpha = 0.6;
    context.fillRect(0, 0, left, height);
    context.fillRect(right, 0, width - right, height);
    context.globalAlpha = 1;
    context.strokeStyle = paint.mark;
    context.lineWidth = 2;
    context.strokeRect(Math.min(left + 1, width - 5), 1, Math.max(4, right - left - 2), height - 2);
  }

  /** A sample of what stands for a label, for silence or for a gap: `kind` is `label`, `unnamed`, `silence`, `lost` or `paused`. */
  sample(canvas, kind, label, index, hasCurves) {
    const area = prepared(canvas);
    if (!area) return;
    const { context, width, height } = area;
    const paint = paints();
    const wide = kind === "label" && hasCurves ? width * 0.45 : width;
    if (kind === "label") {
      context.fillStyle = this.#recordings.colour(label);
      context.fillRect(0, 0, wide, height);
      if (!hasCurves) return;
      this.#line(context, label, index);
      context.moveTo(wide + 3, height / 2);
      context.lineTo(width, height / 2);
      context.stroke();
    } else if (kind === "silence") {
      context.fillStyle = paint.stripe;
      context.fillRect(0, 0, width, height);
      context.strokeStyle = paint.line;
      context.strokeRect(0.5, 0.5, width - 1, height - 1);
    } else hatch(context, 0, 0, width, height, kind === "lost" ? paint.alarm : paint.muted, GAP_PATTERNS[kind]);
  }

  #colour(utterance, paint) {
    return utterance.label === null ? paint.quiet : this.#recordings.colour(utterance.label);
  }

  #bars({ context, paint, x, width, font }, seen, height, found) {
    context.strokeStyle = paint.line;
    context.lineWidth = 1;
    const room = height - 20;
    context.beginPath();
    context.moveTo(0, height - room / 2);
    context.lineTo(width, height - room / 2);
    context.stroke();
    for (const one of seen) {
      const tall = room * (one.confidence ?? SHORT_CONFIDENCE);
      const [left, wide] = [x(one.start), Math.max(1, x(one.end) - x(one.start))];
      context.globalAlpha = found.has(one) ? 1 : PALE;
      if (one.label === null && wide >= 6) hatch(context, left, height - tall, wide, tall, paint.muted);
      else {
        context.fillStyle = this.#colour(one, paint);
        context.fillRect(left, height - tall, wide, tall);
        if (wide > 4) {
          context.strokeStyle = paint.edge;
          context.strokeRect(left, height - tall, wide, tall);
        }
      }
    }
    this.#words({ context, paint, x, width, font }, seen, height, room, found);
    context.globalAlpha = 1;
  }

  /** Above each utterance the most that has room: label and confidence, label, or its letter. */
  #words({ context, paint, x, width, font }, seen, height, room, found) {
    context.font = `500 ${WORD_PX}px ${font}`;
    context.textAlign = "center";
    context.fillStyle = paint.ink;
    let free = 0;
    for (const one of seen) {
      const [left, right] = [Math.max(0, x(one.start)), Math.min(width, x(one.end))];
      const letter = one.label === null ? (one.confidence === null ? [] : ["?"]) : [this.#recordings.letter(one.label)];
      const named = one.label === null ? [one.name] : [`${one.name} ${one.percent}`, one.name];
      for (const text of [...named, ...letter]) {
        const half = context.measureText(text).width / 2;
        const middle = Math.min(Math.max((left + right) / 2, half), width - half);
        if (2 * half > right - left + 12 || middle - half < free) continue;
        context.globalAlpha = found.has(one) ? 1 : PALE;
        context.fillText(text, middle, height - room * (one.confidence ?? SHORT_CONFIDENCE) - 5);
        free = middle + half + 5;
        break;
      }
    }
  }

  #sound({ context, paint, x, width }, recording, viewport, seen, top, height) {
    const { columnMs, low, high } = recording.envelope;
    const middle = top + height / 2;
    const scale = (height / 2 - 2) / 127;
    const perPixel = viewport.width / width;
    let next = 0;
    for (let pixel = 0; pixel < width; pixel++) {
      const ms = viewport.start + pixel * perPixel;
      if (ms >= recording.lengthMs) break;
      const first = Math.floor(ms / columnMs);
      const last = Math.max(first + 1, Math.ceil((ms + perPixel) / columnMs));
      let [least, most] = [0, 0];
      for (let column = first; column < last && column < low.length; column++) {
        if (low[column] < least) least = low[column];
        if (high[column] > most) most = high[column];
      }
      while (next < seen.length && seen[next].end <= ms) next++;
      const one = seen[next];
      context.fillStyle = one && one.start <= ms ? this.#colour(one, paint) : paint.quiet;
      context.fillRect(pixel, middle - Math.max(0.5, most * scale), 1, Math.max(1, (most - least) * scale));
    }
  }

  #line(context, label, index) {
    context.strokeStyle = this.#recordings.colour(label);
    context.lineWidth = 2;
    context.setLineDash(DASHES[index % DASHES.length]);
    context.beginPath();
  }

  #curves(context, x, recording, viewport, top, height) {
    const points = curvePoints(recording, viewport, x);
    recording.labels.forEach((label, index) => {
      this.#line(context, label, index);
      let isOpen = false;
      for (const { at, p } of points) {
        if (p) {
          const y = top + height - 2 - (p[index] / 200) * (height - 4);
          if (isOpen) context.lineTo(at, y);
          else context.moveTo(at, y);
        }
        isOpen = p !== null;
      }
      context.stroke();
    });
    context.setLineDash([]);
  }

  #plate({ context, paint, font }, text, middle, y, room) {
    context.font = `500 ${WORD_PX}px ${font}`;
    const wide = context.measureText(text).width + 10;
    if (wide > room) return;
    context.fillStyle = paint.surface;
    context.fillRect(middle - wide / 2, y - 14, wide, 20);
    context.fillStyle = paint.ink;
    context.textAlign = "center";
    context.fillText(text, middle, y);
  }

  #axis({ context, paint, font, x, width }, viewport, top) {
    const steps = [100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000];
    const step = steps.find((ms) => (ms / viewport.width) * width >= 90) ?? steps.at(-1);
    context.font = `400 12px ${font}`;
    context.fillStyle = paint.muted;
    context.strokeStyle = paint.line;
    context.lineWidth = 1;
    for (let ms = Math.ceil(viewport.start / step) * step; ms <= viewport.end; ms += step) {
      const text = clock(ms, step < 1000);
      const half = context.measureText(text).width / 2;
      context.textAlign = "center";
      context.beginPath();
      context.moveTo(x(ms), top);
      context.lineTo(x(ms), top + 5);
      context.stroke();
      context.fillText(text, Math.min(Math.max(x(ms), half), width - half), top + 18);
    }
  }
}
