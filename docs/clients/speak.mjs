// A WAV file to a server and its labels back, in Node 22 or later, without packages: node speak.mjs CLIP.wav [URL]
import { readFileSync } from "node:fs";

if (!globalThis.WebSocket) throw new Error(`found Node ${process.versions.node}, expected 22 or later`);

const FRAME_S = 0.1;
const MOST_UNSENT_BYTES = 1 << 20;
const MONO_PCM_16 = { kind: 1, channels: 1, bits: 16 };

/** The rate and the samples of mono 16-bit PCM: a WAV file is a list of chunks, each with a name and a size. */
function readWav(file) {
  if (file.toString("latin1", 0, 4) !== "RIFF" || file.toString("latin1", 8, 12) !== "WAVE") throw new Error("no WAV file");
  let found = null;
  for (let at = 12; at + 8 <= file.length; ) {
    const name = file.toString("latin1", at, at + 4);
    const size = file.readUInt32LE(at + 4);
    const body = file.subarray(at + 8, at + 8 + size);
    if (name === "fmt ") {
      found = { kind: body.readUInt16LE(0), channels: body.readUInt16LE(2), rate: body.readUInt32LE(4), bits: body.readUInt16LE(14) };
    } else if (name === "data" && found) {
      const fits = Object.entries(MONO_PCM_16).every(([field, wanted]) => found[field] === wanted);
      if (!fits) throw new Error(`found ${JSON.stringify(found)}, expected mono 16-bit PCM`);
      return { rate: found.rate, pcm: body };
    }
    at += 8 + size + (size % 2);
  }
  throw new Error("no sound in it");
}

/** The rule of seq: whatever is missing was announced. What is not above the last number counts for nothing. */
function countHoles(event, count) {
  if (event.type === "hello") count.last = event.seq;
  else if (event.seq > count.last) {
    count.holes += event.seq - count.last - 1 - (event.dropped ?? 0);
    count.last = event.seq;
  }
}

const [path, url = "ws://127.0.0.1:8765/ws?stream="] = process.argv.slice(2);
const { rate, pcm } = readWav(readFileSync(path));
const frameBytes = 2 * Math.round(rate * FRAME_S);
const socket = new WebSocket(url, "emostream.v1");
const count = { last: -1, holes: 0 };
let failed = true;

socket.onopen = async () => {
  socket.send(JSON.stringify({ type: "start", rate, format: "s16le", source: path }));
  for (let at = 0; at < pcm.length && socket.readyState === WebSocket.OPEN; at += frameBytes) {
    socket.send(pcm.subarray(at, at + frameBytes));
    // Audio may go faster than real time; the server then stops reading, and what it has not read waits here.
    while (socket.bufferedAmount > MOST_UNSENT_BYTES) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  socket.send(JSON.stringify({ type: "stop" }));
};
socket.onmessage = ({ data }) => {
  const event = JSON.parse(data);
  countHoles(event, count);
  if (["estimate", "utterance", "summary"].includes(event.type)) console.log(data);
  if (event.type === "error") console.error(`${event.code}: ${event.message}`);
  if (event.type === "summary") {
    failed = count.holes > 0;
    if (failed) console.error(`${count.holes} events are missing`);
    socket.close();
  }
};
socket.onclose = ({ code, reason }) => {
  if (failed) console.error(`closed: ${code} ${reason}`);
  process.exitCode = failed ? 1 : 0;
};
