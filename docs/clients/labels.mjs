// The labels of a server's microphone, in Node 22 or later, without packages: node labels.mjs [URL]
if (!globalThis.WebSocket) throw new Error(`found Node ${process.versions.node}, expected 22 or later`);
const socket = new WebSocket(process.argv[2] ?? "ws://127.0.0.1:8765/ws", "emostream.v1");
socket.onmessage = ({ data }) => {
  const event = JSON.parse(data);
  if (event.type === "estimate") console.log(event.t_end_ms, event.speech ? (event.label ?? "unsure") : "silence", event.p);
  if (event.type === "error") console.error(event.message);
};
socket.onclose = ({ code, reason }) => console.error(`closed: ${code} ${reason}`);
