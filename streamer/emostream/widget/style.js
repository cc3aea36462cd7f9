// The style sheet of the element. Colours and type come from --emo-* properties of the page.

export const STYLE = `
  :host {
    --ink: var(--emo-ink, #1c1d21); --muted: var(--emo-muted, #62646d); --line: var(--emo-line, #e4e2dc);
    --surface: var(--emo-surface, #ffffff); --alarm: var(--emo-alarm, #d23f31); --lamp: var(--alarm); --wash: .13;
    --start: left; --end: right; --forwards: 1; --corner: 0 0;
    display: block; container-type: inline-size; color-scheme: light;
    font: 400 .875rem/1.4 var(--emo-font, "Inter", ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif);
  }
  :host(:dir(rtl)) { --start: right; --end: left; --forwards: -1; --corner: 100% 0; }
  @media (prefers-color-scheme: dark) {
    :host(:not([theme="light"])) {
      --ink: var(--emo-ink, #f0eff2); --muted: var(--emo-muted, #a2a4ae); --line: var(--emo-line, #30323a);
      --surface: var(--emo-surface, #1b1c20); --alarm: var(--emo-alarm, #f0695c); --wash: .17; color-scheme: dark;
    }
  }
  :host([theme="dark"]), :host([theme="transparent"]) {
    --ink: var(--emo-ink, #f0eff2); --muted: var(--emo-muted, #a2a4ae); --line: var(--emo-line, #30323a);
    --surface: var(--emo-surface, #1b1c20); --alarm: var(--emo-alarm, #f0695c); --wash: .17; color-scheme: dark;
  }
  :host([theme="transparent"]) {
    --ink: var(--emo-ink, #fff); --muted: var(--emo-muted, #f0f0f3); --line: var(--emo-line, rgb(255 255 255 / .32));
    --alarm: var(--emo-alarm, #ffc2bb); --lamp: var(--emo-alarm, #ff5346); --surface: var(--emo-surface, rgb(17 18 22 / .8));
  }
  :host([hidden]), [hidden] { display: none !important; }
  * { box-sizing: border-box; margin: 0; }
  [dir] { text-align: var(--start); unicode-bidi: isolate; }
  .card {
    position: relative; isolation: isolate; overflow: hidden; display: grid; gap: 1.75rem; padding: 1.5rem 1.75rem 1.1rem;
    border-radius: 1.25rem; background: var(--surface); color: var(--ink); -webkit-font-smoothing: antialiased;
    box-shadow: 0 0 0 1px var(--line), 0 1.5rem 3rem -2rem rgb(20 20 30 / .22);
  }
  :host([theme="transparent"]) .card { box-shadow: none; }
  .wash {
    position: absolute; z-index: -1; inset: 0; background: var(--now, transparent); opacity: var(--wash);
    mask: radial-gradient(90% 130% at var(--corner), #000, transparent 72%);
    transition: background-color .9s ease;
  }
  :host([theme="transparent"]) .wash { display: none; }
  .head, .foot { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .25rem 1.5rem; }
  .head { font-size: .8125rem; }
  /* The button stays where it is, whatever the lamp says. */
  .head:has(#server-pause:not([hidden])) {
    display: grid; grid-template: "lamp source button" auto "answer answer answer" auto / auto minmax(0, 1fr) auto; align-items: center; row-gap: 0;
  }
  .head .lamp { grid-area: lamp; } .head #source { grid-area: source; justify-self: end; overflow-wrap: anywhere; }
  #server-pause { grid-area: button; align-self: start; min-width: 5.5rem; min-height: 2.25rem; padding: .3rem .9rem; font-size: .8125rem; }
  .answer { grid-area: answer; flex-basis: 100%; margin-top: .5rem; } .answer:focus { outline: none; }
  .muted, .foot { color: var(--muted); }
  .lamp { display: flex; align-items: center; gap: .6rem; font-weight: 500; }
  .lamp i { flex: none; width: .625rem; height: .625rem; border-radius: 50%; border: 1.5px solid var(--muted); }
  .live .lamp i { border: 0; background: var(--lamp); animation: breathe 2.4s ease-in-out infinite; }
  .card:not(.live) .lamp { color: var(--muted); }
  @keyframes breathe { 50% { box-shadow: 0 0 0 .3rem color-mix(in srgb, var(--lamp) 22%, transparent); } }
  .reading { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1.08fr); gap: 1.5rem 2.5rem; align-items: center; }
  .reading:has(.bars:empty) { grid-template-columns: minmax(0, 1fr); }
  .bars:empty { display: none; }
  .label {
    font-size: clamp(1.5rem, min(10.5cqi, calc(78cqi / var(--chars, 1))), 4.75rem); line-height: 1.04; font-weight: 600; letter-spacing: -.045em;
    padding-bottom: .06em; overflow-wrap: anywhere; hyphens: auto; transition: color .3s;
  }
  .label.quiet {
    font-size: clamp(1.5rem, min(8.4cqi, calc(78cqi / var(--chars, 1))), 3.75rem); font-weight: 400; color: var(--muted); letter-spacing: -.035em;
  }
  .label:is(:dir(rtl), :lang(ja, ko, zh)), .sentence:is(:dir(rtl), :lang(ja, ko, zh)) { letter-spacing: 0; }
  .label:dir(rtl) { line-height: 1.3; }
  .detail { margin-top: .7rem; min-height: 2.8em; color: var(--muted); font-variant-numeric: tabular-nums; text-wrap: pretty; }
  .line { display: block; }
  .detail b { color: var(--ink); font-weight: 500; }
  .voice { min-height: 1.4em; color: var(--muted); font-size: .75rem; font-variant-numeric: tabular-nums; }
  .controls { display: flex; flex-wrap: wrap; align-items: center; gap: .6rem; margin-top: 1rem; }
  .controls label { color: var(--muted); }
  input {
    flex: 1 1 8rem; min-width: 0; max-width: 16rem; min-height: 2.5rem; padding: .4rem .9rem; border: 1px solid var(--muted); border-radius: .6rem;
    background: none; color: inherit; font: inherit;
  }
  button {
    min-height: 2.5rem; padding: .4rem 1.1rem; border: 1px solid var(--muted); border-radius: 1.25rem; background: none; color: inherit;
    font-family: inherit; font-size: .875rem; font-weight: 500; line-height: 1.2; cursor: pointer;
  }
  button:hover { background: color-mix(in srgb, var(--ink) 8%, transparent); }
  button.main { border-color: var(--ink); background: var(--ink); color: var(--surface); }
  button.main:hover { background: color-mix(in srgb, var(--ink) 85%, var(--surface)); }
  button:focus-visible, input:focus-visible { outline: 2px solid var(--emo-focus, #4a90e2); outline-offset: 2px; }
  .teach { display: grid; gap: 1.1rem; }
  .step { color: var(--muted); } .step b { color: var(--ink); font-weight: 500; } .step:focus { outline: none; }
  .sentence { max-width: 24em; min-height: 2.6em; font-size: clamp(1.35rem, 4.4cqi, 2rem); line-height: 1.3; letter-spacing: -.02em; text-wrap: balance; }
  .teach .controls { margin-top: .2rem; }
  .teach .bars { max-width: 30rem; }
  .moods { display: flex; flex-wrap: wrap; gap: .3rem 1.25rem; padding: 0; list-style: none; color: var(--muted); font-variant-numeric: tabular-nums; }
  .moods li::before {
    content: ""; display: inline-block; width: .5rem; height: .5rem; margin-inline-end: .5rem; border-radius: 50%; border: 1.5px solid var(--c);
  }
  .moods .done::before, .moods .now::before { background: var(--c); }
  .moods .now { color: var(--ink); font-weight: 600; }
  .bars { display: grid; grid-template-columns: auto minmax(0, 1fr) auto; gap: .7rem .9rem; align-items: center; }
  .name { max-width: 9rem; overflow-wrap: anywhere; hyphens: auto; line-height: 1.2; color: var(--muted); }
  .share { min-width: 2.9em; text-align: var(--end); white-space: nowrap; color: var(--muted); font-variant-numeric: tabular-nums; }
  .track { height: .5rem; overflow: hidden; border-radius: .25rem; background: var(--line); }
  .fill {
    height: 100%; border-radius: inherit; background: var(--c); opacity: .7;
    transform: translateX(calc((var(--p, 0) - 1) * 100% * var(--forwards))); transition: transform .25s ease-out;
  }
  .top.name, .top.share { color: var(--ink); font-weight: 600; }
  .top .fill { opacity: 1; }
  .idle .fill { opacity: .25; }
  .rule { grid-column: 1 / -1; height: 1px; background: var(--line); margin: .1rem 0; }
  .level { height: .25rem; }
  .level .fill { background: var(--ink); opacity: .8; transition-duration: .12s; }
  canvas { display: block; width: 100%; height: 8.25rem; }
  .foot { padding-top: .85rem; border-top: 1px solid var(--line); font-size: .75rem; font-variant-numeric: tabular-nums; }
  .foot p { overflow-wrap: anywhere; }
  .foot span:has(> :not(:empty)) ~ span:has(> :not(:empty))::before { content: "·"; margin: 0 .5em; }
  .foot:not(:has(span > span:not(:empty), .wide:not(:empty), #models:not(:empty))), .foot p:empty { display: none; }
  .foot .wide { flex-basis: 100%; }
  .bad { color: var(--alarm); }
  .aloud { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  @container (max-width: 34rem) {
    .head:has(#server-pause:not([hidden])) { grid-template: "lamp button" auto "source button" auto "answer answer" auto / minmax(0, 1fr) auto; }
    .head #source { justify-self: start; }
    .card { padding: 1.15rem 1.15rem .9rem; gap: 1.35rem; border-radius: 1rem; }
    .reading { grid-template-columns: minmax(0, 1fr); }
    .label { font-size: clamp(1.5rem, min(17cqi, calc(150cqi / var(--chars, 1))), 4rem); }
    .label.quiet { font-size: clamp(1.5rem, min(12cqi, calc(150cqi / var(--chars, 1))), 3rem); }
    .detail { min-height: 0; }
  }
`;
