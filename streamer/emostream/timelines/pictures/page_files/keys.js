// What the keys do.

function pressKey(page, event) {
  if (event.ctrlKey || event.metaKey || event.altKey || !element("keys").checked) return;
  const { target, key } = event;
  if (target.matches("input[type=search]")) {
    if (key === "Escape") target.blur();
    return;
  }
  const act = actOf(page, key, event.shiftKey);
  // A control keeps the keys that it has a use for.
  const own = target.matches("select") || (target.matches("button, summary, input") && [" ", "Enter"].includes(key));
  const slides = target.matches("input[type=range], .scroll") && /^(Arrow|Home|End|Page)/.test(key);
  if (!act || own || (slides && !target.matches("input[type=range]"))) return;
  event.preventDefault();
  act();
}

function actOf(page, key, isShifted) {
  const seconds = isShifted ? 10_000 : 1000;
  const acts = {
    " ": () => page.toggle(),
    ArrowLeft: () => page.seek(page.ms - seconds),
    ArrowRight: () => page.seek(page.ms + seconds),
    Home: () => page.seek(0),
    End: () => page.seek(page.viewport.lengthMs),
    "+": () => page.zoom(ZOOM_STEP),
    "=": () => page.zoom(ZOOM_STEP),
    "-": () => page.zoom(1 / ZOOM_STEP),
    0: () => page.showAll(),
    n: () => page.step(1),
    p: () => page.step(-1),
    "/": () => element("query").focus(),
  };
  return acts[key.length === 1 ? key.toLowerCase() : key];
}
