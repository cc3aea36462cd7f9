// Whether an element waits for its server's token: its own, or the one that all elements of the page share.

import { lock, lockOf, unlock } from "./tokens.js";

export class TokenGate {
  #own = null;
  #isOwnWrong = false;

  /** The token that the page gave this element itself; null without. */
  get own() {
    return this.#own;
  }

  set own(token) {
    this.#own = token;
    this.#isOwnWrong = false;
  }

  /** Why the element waits for a token: "missing", "wrong", or null. */
  lockOf(host) {
    if (this.#own !== null) return this.#isOwnWrong ? "wrong" : null;
    return lockOf(host);
  }

  /** The server has refused `token`, or there was none (null). There is no use in trying again before there is another. */
  refuse(host, token) {
    if (this.#own === null) lock(host, token === null ? "missing" : "wrong");
    else this.#isOwnWrong = true;
  }

  /** The visitor has typed a token. */
  unlock(host, token) {
    this.#own = null;
    unlock(host, token);
  }
}
