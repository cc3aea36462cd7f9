"use strict";

const theme = new URLSearchParams(location.search).get("theme");
if (["light", "dark", "transparent"].includes(theme)) {
  document.documentElement.dataset.theme = theme;
  document.querySelector("emo-stream").setAttribute("theme", theme);
}

document.getElementById("overlay").textContent = `${location.origin}/?theme=transparent`;
document.getElementById("element").textContent =
  `<script src="${location.origin}/emostream.js"></script>\n<emo-stream src="ws://${location.host}/ws"></emo-stream>`;

for (const button of document.querySelectorAll("button[data-copies]")) {
  button.addEventListener("click", async () => {
    const code = document.getElementById(button.dataset.copies);
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "Selected";
    }
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
}
