// The page's own address says how it looks (theme, layout, show, scale, lang, emo-*) and which stream it shows; a token stays in the
// fragment.

const asked = new URLSearchParams(location.search);
const page = document.documentElement;

const isOverlay = asked.get("theme") === "transparent" || ["bar", "badge"].includes(asked.get("layout"));
const theme = asked.get("theme") ?? (isOverlay ? "transparent" : "");
// Only what is seen connects: an overlay is one client, not five.
if (isOverlay) for (const part of document.querySelectorAll(".chrome")) part.remove();
page.toggleAttribute("data-overlay", isOverlay);

const streams = document.querySelectorAll("emo-stream");
if (["light", "dark", "transparent"].includes(theme)) {
  page.dataset.theme = theme;
  for (const stream of streams) if (!stream.hasAttribute("theme")) stream.setAttribute("theme", theme);
}
for (const name of ["layout", "show", "scale"]) {
  if (asked.has(name)) document.getElementById("live").setAttribute(name, asked.get(name));
}
if (asked.has("lang")) for (const stream of streams) stream.lang = asked.get("lang");

// Where the server has a microphone: the people at it may pause it, an overlay's picture is no place for that.
document.getElementById("live").toggleAttribute("pausable", "pausable" in page.dataset && !isOverlay);

// Where the server has no microphone, and visitors bring theirs.
if (page.dataset.begins === "own" && !isOverlay) {
  document.getElementById("served").before(document.getElementById("own"));
}

for (const [name, value] of asked) {
  if (name.startsWith("emo-")) page.style.setProperty(`--${name}`, value);
}

if (asked.has("stream")) {
  for (const stream of streams) {
    if (!stream.hasAttribute("microphone")) stream.setAttribute("src", `ws?stream=${encodeURIComponent(asked.get("stream"))}`);
  }
}

// The token is secret: the page must not show it to everyone who looks at the screen.
const base = location.origin + location.pathname;
const secret = location.hash.includes("token=") ? "#token=TOKEN" : "";
const socket = `${base.replace(/^http/, "ws")}ws`;
const script = `<script type="module" src="${base}emostream.js"></script>`;
const snippets = {
  "badge-address": `${base}?layout=badge&scale=1.5${secret}`,
  "bar-address": `${base}?layout=bar${secret}`,
  "overlay-address": `${base}?theme=transparent${secret}`,
  "styled-address": `${base}?theme=dark&stream=desk&emo-surface=%23102030&emo-font=Georgia${secret}`,
  element: `${script}\n<emo-stream src="${socket}${secret}"></emo-stream>`,
  styles: `emo-stream {\n  --emo-surface: #12261f;\n  --emo-line: #2b443a;\n  --emo-color-happy: #f2c14e;\n}\nemo-stream::part(timeline) { height: 6rem; }`,
  "microphone-element": `${script}\n<emo-stream microphone publish="desk" src="${socket}${secret}"></emo-stream>`,
};
for (const [id, text] of Object.entries(snippets)) {
  const place = document.getElementById(id);
  if (place) place.textContent = text;
}

for (const button of document.querySelectorAll("button[data-copies]")) {
  const name = button.ariaLabel;
  const show = (word, spoken = word) => ([button.textContent, button.ariaLabel] = [word, spoken]);
  button.addEventListener("click", async () => {
    const code = document.getElementById(button.dataset.copies);
    try {
      await navigator.clipboard.writeText(code.textContent);
      show("Copied");
    } catch {
      getSelection().selectAllChildren(code);
      show("Selected");
    }
    setTimeout(() => show("Copy", name), 2000);
  });
}

// A browser that is given the same address with another token does not load it again by itself.
addEventListener("hashchange", () => location.reload());
