// The tokens that the visitor has typed, for as long as the page is open. All elements of a page share them.

const typed = new Map(); // of each server, by its host
const locks = new Map(); // "missing" or "wrong" for each server that has refused for want of its token
const listeners = new Set();

/** The token that was typed for a server, or null. */
export const typedToken = (host) => typed.get(host) ?? null;

/** Why a server waits for its token: "missing" or "wrong"; null where it does not. */
export const lockOf = (host) => locks.get(host) ?? null;

/** A server has refused: elements that are to talk to it ask for its token. */
export function lock(host, reason) {
  locks.set(host, reason);
  tell(host);
}

/** Here is the token of a server: elements that wait for it connect. */
export function unlock(host, token) {
  locks.delete(host);
  typed.set(host, token);
  tell(host);
}

/** Call `listener(host)` after each change. */
export const listen = (listener) => listeners.add(listener);
export const stopListening = (listener) => listeners.delete(listener);

function tell(host) {
  for (const listener of [...listeners]) listener(host);
}
