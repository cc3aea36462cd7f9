// <emo-stream> shows an emostream as it happens; <emo-stream microphone> has this browser's microphone read.
//
//   <script type="module" src="http://127.0.0.1:8765/emostream.js"></script>
//   <emo-stream src="ws://127.0.0.1:8765/ws"></emo-stream>
//
// Attributes: src, the socket (without it that of the server which this file came from); microphone; publish, a name under which
// others may follow the microphone's stream; layout, one of card, bar and badge; show, the parts that are wanted; scale; theme, one of
// light, dark and transparent; lang; texts, words of the page's own as JSON; quiet, for no announcements to screen readers; pausable, for
// a button that pauses the server's own microphone (in pages of the server's origin); worklet, the address of capture.js. Properties: texts, token. Colours and type are set with --emo-* properties, details with ::part(). Every event
// of the stream is also a DOM event, "emostream", with the event as its detail.
//
// This is the only address that pages use, and the entry of the npm package emostream-widget, whose types are in emostream.d.ts. It
// imports the files beside it, and has no other dependencies.

import { EmoStream } from "./element.js";

if (!customElements.get("emo-stream")) customElements.define("emo-stream", EmoStream);

export { EmoStream };
