// The layouts: the card, a bar for the edge of a picture, and a badge for its corner; which parts each shows.

const PARTS = ["notice", "source", "label", "detail", "voice", "bars", "timeline", "status"];
const SHOWN = {
  card: PARTS,
  bar: ["notice", "label", "detail", "bars", "timeline"],
  badge: ["notice", "label", "detail", "bars"],
};

/** [part, whether it is hidden] for all parts that may be: those of the layout are shown, or those that `show` names. */
export function hiddenParts(layout, show) {
  const named = (show ?? "").split(/[\s,]+/).filter((part) => PARTS.includes(part));
  const shown = named.length ? named : (SHOWN[layout] ?? SHOWN.card);
  return PARTS.map((part) => [part, !shown.includes(part)]);
}

// The lamp itself has no name here: whoever is read must be able to see it.
export const LAYOUT_STYLE = `
  .without-source #source, .without-label .label, .without-detail .detail, .without-voice .voice, .without-bars #bars,
  .without-timeline canvas, .without-status .foot { display: none !important; }
  .without-notice #notice { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  .without-bars .reading { grid-template-columns: minmax(0, 1fr); }

  :host(:is([layout="bar"], [layout="badge"])) {
    .card { gap: .5rem 1.75rem; padding: .85rem 1.2rem .9rem; border-radius: .9rem; }
    .head { gap: 0 1rem; font-size: .75rem; }
    .head:has(#server-pause:not([hidden])) { grid-template: "lamp button" auto "source button" auto "answer answer" auto / minmax(0, 1fr) auto; }
    .head #source { justify-self: start; }
    .lamp { gap: .5rem; }
    .label, .label.quiet { font-size: clamp(1.25rem, calc(22rem / var(--chars)), 2.25rem); line-height: 1.1; }
    .detail { margin-top: .15rem; min-height: 0; font-size: .8125rem; }
    .line:nth-child(n + 2) { display: none; }
    .controls { margin-top: .5rem; }
    .controls button { min-height: 2rem; padding: .2rem .8rem; font-size: .8125rem; }
    .foot { padding-top: .4rem; }
    #bars .rule, #bars .level, #bars .level ~ .share, #bars .rule ~ .name { display: none; }
  }

  :host([layout="bar"]) {
    .card { grid-template: "head bars timeline" auto "words bars timeline" 1fr / minmax(9rem, 14rem) minmax(13rem, 1.2fr) minmax(0, 2fr); }
    .head { grid-area: head; }
    .reading { display: contents; }
    .words { grid-area: words; min-width: 0; }
    #bars { grid-area: bars; align-content: center; gap: .4rem .7rem; font-size: .75rem; }
    canvas { grid-area: timeline; align-self: center; height: 5.5rem; }
    .teach, .foot { grid-column: 1 / -1; }
    .card:is(.without-timeline, :has(canvas[hidden])) { grid-template-columns: minmax(9rem, 14rem) minmax(13rem, 1fr) 0; column-gap: 1.75rem; }
    .card:is(.without-bars, :has(#bars:empty)) { grid-template-columns: minmax(9rem, 1fr) 0 minmax(0, 2fr); }
    @container (max-width: 44rem) {
      .card { grid-template-columns: minmax(8rem, 12rem) minmax(0, 1fr) 0; column-gap: 1.25rem; }
      canvas { display: none; }
    }
    @container (max-width: 24rem) {
      .card { grid-template: "head" auto "words" auto "bars" auto / minmax(0, 1fr); }
    }
  }

  /* As wide as what it shows, in a flexible box as well: a container for queries would be of no width there. */
  :host([layout="badge"]) {
    container-type: normal; width: fit-content; min-width: min(16rem, 100%); max-width: min(26rem, 100%);
    .card { gap: .3rem; }
    .reading { grid-template-columns: minmax(0, 1fr); gap: .7rem; }
    .words { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 0 1.25rem; }
    .words .controls { flex-basis: 100%; }
    .detail { text-wrap: wrap; }
    /* One line, cut as the probabilities are. */
    #bars { display: flex; gap: 2px; }
    #bars .name, #bars .share { display: none; }
    #bars .track { flex: calc(.02 + var(--p, 0)) 1 0; height: .4rem; background: none; transition: flex-grow .25s ease-out; }
    #bars .fill { transform: none; }
    canvas { height: 5rem; }
  }
  :host([layout="badge"]) .without-label .words { display: block; }

  @media (forced-colors: active) {
    :host { --ink: CanvasText !important; --muted: CanvasText !important; --line: CanvasText !important; --alarm: CanvasText !important; }
    .card { border: 1px solid CanvasText; }
    .track { border: 1px solid CanvasText; background: Canvas; }
    .level .fill { background: CanvasText; }
    /* The system would paint these in the colour of what lies behind them. */
    .fill, .live .lamp i, .moods .done::before, .moods .now::before { forced-color-adjust: none; }
    .lamp i { border-color: CanvasText; }
    .live .lamp i { border: 2px solid CanvasText; background: Highlight; }
    .rule { background: none; border-top: 1px solid CanvasText; height: 0; }
    .wash { display: none; }
  }
  @media (prefers-reduced-motion: reduce) {
    *, *::before, *::after { animation: none !important; transition: none !important; scroll-behavior: auto !important; }
  }
`;
