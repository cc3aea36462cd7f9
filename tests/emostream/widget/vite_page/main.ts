import "emostream-widget";
import type { Estimate, StreamEvent, TextTable } from "emostream-widget";

const server = new URLSearchParams(location.search).get("server") ?? "ws://127.0.0.1:8765/ws";
const texts: TextTable = { reading: "Es wird gelesen", labels: { happy: "froh" } };
const seen: StreamEvent[] = [];

for (const id of ["live", "microphone"]) {
  const element = document.createElement("emo-stream");
  element.id = id;
  element.setAttribute("src", server);
  element.toggleAttribute("microphone", id === "microphone");
  element.texts = texts;
  element.addEventListener("emostream", ({ detail }) => {
    seen.push(detail);
    if (detail.type === "estimate") show(detail);
  });
  document.body.append(element);
}

function show(estimate: Estimate): void {
  document.title = estimate.label ?? "unsure";
}
