// The connection to the server: its address, and a socket that connects again after each loss.

import { typedToken } from "./tokens.js";

const SCRIPT = import.meta.url;
const SUBPROTOCOL = "emostream.v1";
const FIRST_BACKOFF_MS = 2_000; // an attempt comes after half of it or more: 1 s at first
const LONGEST_BACKOFF_MS = 30_000;
const REFUSALS = [1003, 1007, 1008, 1009]; // the same messages would be refused again

/**
 * {url, token, stream}: that of the socket, without a stream; the token, which is `ownToken`, what the visitor has typed, or from the
 * fragment of `src`, or of the page if the same server sent it; and the stream that `src` asks for, "" for none.
 */
export function addressOf(src, ownToken) {
  const url = src ? new URL(src, document.baseURI) : new URL("./ws", SCRIPT);
  url.protocol = url.protocol.replace(/^http/, "ws");
  const tokenIn = (hash) => new URLSearchParams(hash.slice(1).replaceAll("+", "%2B")).get("token");
  // The fragment of another server's page may hold a token of that page's own.
  const ofPage = url.host === location.host ? tokenIn(location.hash) : null;
  const token = ownToken ?? typedToken(url.host) ?? tokenIn(url.hash) ?? ofPage;
  const stream = url.searchParams.get("stream") ?? "live";
  // The stream is asked for by a message, whose refusal says why; browsers hide why a handshake was refused.
  url.searchParams.set("stream", "");
  url.hash = "";
  return { url, token, stream };
}

/** A socket that connects again after each loss. `on` has opened(), received(data), closed(code, reason), changed(). */
export class ReconnectingSocket {
  retryAt = 0;
  #on;
  #address = null;
  #socket = null;
  #timer = 0;
  #backoffMs = FIRST_BACKOFF_MS;

  constructor(on) {
    this.#on = on;
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  get unsentBytes() {
    return this.#socket.bufferedAmount;
  }

  open(address) {
    this.#address = address;
    this.#backoffMs = FIRST_BACKOFF_MS;
    this.#connect();
  }

  close() {
    clearTimeout(this.#timer);
    this.retryAt = 0;
    const socket = this.#socket;
    this.#socket = null;
    // Browsers log an error for a socket that is closed before it was open.
    if (socket && socket.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close();
    else socket?.close();
  }

  /** The server has answered: after the next loss the first attempt comes soon. */
  resetBackoff() {
    this.#backoffMs = FIRST_BACKOFF_MS;
  }

  /** Connect at once, if an attempt is due later. */
  reconnectNow() {
    if (this.retryAt) this.#connect();
  }

  send(message) {
    this.#socket.send(message instanceof Float32Array ? message : JSON.stringify(message));
  }

  #connect() {
    this.close();
    const { url, token } = this.#address;
    const socket = (this.#socket = new WebSocket(url, SUBPROTOCOL));
    socket.onopen = () => {
      if (socket !== this.#socket) return;
      if (token !== null) this.send({ type: "authenticate", token });
      this.#on.opened();
    };
    socket.onmessage = ({ data }) => socket === this.#socket && this.#on.received(data);
    socket.onclose = ({ code, reason }) => socket === this.#socket && this.#retry(code, reason);
    this.#on.changed();
  }

  #retry(code, reason) {
    this.close();
    if (REFUSALS.includes(code)) this.#backoffMs = LONGEST_BACKOFF_MS;
    // At random, since all clients of a server that restarts lose it at the same moment.
    this.retryAt = Date.now() + this.#backoffMs * (0.5 + 0.5 * Math.random());
    this.#backoffMs = Math.min(2 * this.#backoffMs, LONGEST_BACKOFF_MS);
    this.#on.closed(code, reason);
    if (this.retryAt) this.#countDown(); // else closed() has closed this socket for good
  }

  #countDown() {
    this.#on.changed();
    const leftMs = this.retryAt - Date.now();
    this.#timer = setTimeout(() => (leftMs <= 1_000 ? this.#connect() : this.#countDown()), Math.min(1_000, Math.max(leftMs, 0)));
  }
}
