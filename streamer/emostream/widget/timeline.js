import { FLOOR_DBFS, loudness } from "./format.js";
import { TIMELINE_MS } from "./stream_state.js";

const AGO_MS = [60_000, 30_000];

/** The last minute, from left to right in every language: loudness as height, the label of each estimate as colour, and below each utterance with its label. */
export class Timeline {
  #canvas;
  #bars;
  #texts;

  constructor(canvas, bars) {
    this.#canvas = canvas;
    this.#bars = bars;
  }

  draw(stream, texts, isTransparent) {
    this.#texts = texts;
    const canvas = this.#canvas;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width || !height) return;
    const scale = (devicePixelRatio || 1) * (canvas.getBoundingClientRect().width / width); // the element's own `scale` in it
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const context = canvas.getContext("2d");
    context.scale(scale, scale);
    context.direction = texts.dir;
    const style = getComputedStyle(canvas);
    const paint = { ink: style.color, muted: style.getPropertyValue("--muted"), line: style.getPropertyValue("--line"), alarm: style.getPropertyValue("--alarm") };
    const font = (weight) => `${weight} 11px ${style.fontFamily}`;
    if (isTransparent) [context.shadowColor, context.shadowBlur] = ["rgb(0 0 0 / .7)", 4];
    const waveHeight = height - 52;
    const nowMs = stream?.nowMs() ?? 0;
    const x = (ms) => width - ((nowMs - ms) / TIMELINE_MS) * width;
    this.#drawWave(context, paint, stream, width, waveHeight, nowMs);
    context.font = font(500);
    if (stream) {
      this.#drawUtterances(context, paint, stream, waveHeight + 8, width, x);
      this.#drawGaps(context, paint, stream, waveHeight, width, x);
    }
    context.font = font(400);
    context.fillStyle = paint.muted;
    const [minute, half] = AGO_MS.map((ms) => texts.wholeSeconds(ms / 1000));
    for (const [text, align, at] of [[texts.text("ago", { s: minute }), "left", 0], [half, "center", width / 2], [texts.text("now"), "right", width]]) {
      context.textAlign = align;
      context.fillText(text, at, height - 3);
    }
    const latest = (stream?.utterances ?? []).slice(-3).map((utterance) => this.#nameOf(utterance));
    const told = latest.length ? texts.text("latestUtterances", { list: texts.list(latest) }) : texts.text("noUtterance");
    canvas.setAttribute("aria-label", `${texts.text("lastMinute")} ${told}`);
  }

  #nameOf({ label }) {
    return label == null ? this.#texts.text("notSure") : this.#texts.label(label).text;
  }

  #drawWave(context, paint, stream, width, height, nowMs) {
    // Bars of whole steps, so that every bar holds the same number of estimates.
    const stepMs = stream?.hello.step_ms || 250;
    const barMs = stepMs * Math.max(1, Math.ceil((TIMELINE_MS * 4.5) / width / stepMs));
    const pitch = (width * barMs) / TIMELINE_MS;
    const thickness = Math.min(4, Math.max(1.5, pitch * 0.56));
    const barOf = (ms) => Math.ceil(ms / barMs);
    const bars = new Map();
    for (const estimate of stream?.estimates ?? []) {
      const bar = barOf(estimate.t_end_ms);
      const louder = Math.max(estimate.level_dbfs, bars.get(bar)?.level_dbfs ?? FLOOR_DBFS);
      bars.set(bar, { ...estimate, level_dbfs: louder });
    }
    const colours = new Map((stream?.hello.labels ?? []).map((label) => [label, this.#bars.colour(label)]));
    context.lineCap = "round";
    context.lineWidth = thickness;
    for (let back = 0; (back + 1) * pitch <= width + pitch; back++) {
      const estimate = bars.get(barOf(nowMs) - back);
      const half = estimate?.speech ? Math.max(1.5, (loudness(estimate.level_dbfs) ** 1.8 * (height - thickness)) / 2) : 0;
      const x = width - (back + 0.5) * pitch;
      context.strokeStyle = !estimate?.speech ? paint.line : estimate.label == null ? paint.muted : colours.get(estimate.label);
      // No label is drawn as dots: it must not look like a grey label.
      context.setLineDash(estimate?.speech && estimate.label == null ? [0.01, thickness * 1.9] : []);
      context.beginPath();
      context.moveTo(x, height / 2 - half);
      context.lineTo(x, height / 2 + half + 0.01);
      context.stroke();
    }
    context.setLineDash([]);
  }

  #drawUtterances(context, paint, stream, y, width, x) {
    context.textAlign = "left";
    let free = -Infinity;
    const open = stream.speakingSinceMs === null ? [] : [{ t_start_ms: stream.speakingSinceMs, t_end_ms: stream.nowMs(), isOpen: true }];
    for (const utterance of [...stream.utterances, ...open]) {
      const [left, right] = [Math.max(1.5, x(utterance.t_start_ms)), x(utterance.t_end_ms)];
      if (right - left < 2) continue;
      const unsure = utterance.label == null;
      const text = utterance.isOpen ? "" : this.#nameOf(utterance);
      context.lineWidth = utterance.isOpen ? 1.5 : 3;
      context.strokeStyle = unsure ? paint.muted : this.#bars.colour(utterance.label);
      context.setLineDash(unsure && !utterance.isOpen ? [0.01, 6] : []);
      context.beginPath();
      context.moveTo(left + 1.5, y);
      context.lineTo(Math.max(left + 1.6, right - 1.5), y);
      context.stroke();
      context.setLineDash([]);
      const textWidth = context.measureText(text).width;
      const at = Math.max(0, Math.min(left, width - textWidth));
      if (at <= free || textWidth > right - left + 24) continue;
      free = at + textWidth + 6;
      context.fillStyle = unsure ? paint.muted : paint.ink;
      context.fillText(text, at, y + 17);
    }
  }

  #drawGaps(context, paint, stream, height, width, x) {
    context.lineWidth = 1;
    for (const gap of stream.gaps) {
      const isPause = gap.reason === "paused";
      context.strokeStyle = context.fillStyle = isPause ? paint.muted : paint.alarm;
      const left = Math.max(0, x(gap.t_start_ms));
      const wide = Math.max(4, x(gap.t_end_ms) - left);
      context.save();
      context.beginPath();
      context.rect(left, 14, wide, height - 14);
      context.clip();
      context.beginPath();
      for (let offset = -height; offset < wide; offset += 4) {
        context.moveTo(left + offset, height);
        context.lineTo(left + offset + height, 0);
      }
      context.stroke();
      context.restore();
      const text = isPause ? this.#texts.text("paused") : this.#texts.text("gap", { s: this.#texts.seconds(gap.lost_ms) });
      const half = context.measureText(text).width / 2;
      context.textAlign = "center";
      context.fillText(text, Math.min(Math.max(left + wide / 2, half), width - half), 9);
    }
  }
}
