// What canvases are drawn with: their size, the colours of the page, hatching.

/** A canvas of the size that it has on the page, at the screen's own resolution; null while it has none. */
function prepared(canvas) {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (!width || !height) return null;
  const scale = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
  if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

/** The colours of the page, as they are now. */
function paints() {
  const style = getComputedStyle(document.documentElement);
  const names = ["ink", "muted", "line", "quiet", "alarm", "mark", "surface", "stripe"];
  return { ...Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()])), edge: style.getPropertyValue("--bar-edge").trim() };
}

/** A rectangle of diagonal lines, of lines both ways (`crossed`) or of dots (`dotted`). */
function hatch(context, left, top, width, height, colour, kind = "lines") {
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.strokeStyle = colour;
  context.lineWidth = kind === "dotted" ? 2 : 1;
  context.setLineDash(kind === "dotted" ? [2, 5] : []);
  context.beginPath();
  for (let at = left - height; at < left + width; at += 6) {
    context.moveTo(at, top + height);
    context.lineTo(at + height, top);
    if (kind === "crossed") {
      context.moveTo(at, top);
      context.lineTo(at + height, top + height);
    }
  }
  context.stroke();
  context.restore();
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.strokeRect(left + 0.5, top + 0.5, Math.max(0, width - 1), Math.max(0, height - 1));
}
