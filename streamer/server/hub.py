"""From one stream to many clients: what everybody gets, and what a client that joins late is told first."""

import threading

import msgspec

from streamer.events import Error, Estimate, Event, Hello, encode
from streamer.server.mailbox import Mailbox


class Hub:
    """Copies every event, encoded once, into every client's mailbox; thread-safe, and never waits for a client."""

    def __init__(self, hello: Hello | None = None) -> None:
        self._lock = threading.Lock()
        self._mailboxes: set[Mailbox] = set()
        self._hello = hello
        self._estimate: Estimate | None = None
        self._last_seq = hello.seq if hello else 0
        self._dropped_events = 0

    @property
    def clients(self) -> int:
        return len(self._mailboxes)

    @property
    def dropped_events(self) -> int:
        """How many events clients have missed since the start, those that left included."""
        return self._dropped_events

    def publish(self, event: Event) -> None:
        text = encode(event).decode()
        with self._lock:
            self._last_seq = event.seq
            if isinstance(event, Hello):
                self._hello, self._estimate = event, None
            elif isinstance(event, Estimate):
                self._estimate = event
            for mailbox in self._mailboxes:
                self._dropped_events += mailbox.put(event, text)

    def join(self) -> Mailbox:
        """A new client's mailbox: the stream's hello, renumbered so that the next event continues it, then the latest
        estimate, which keeps its own number.
        """
        mailbox = Mailbox()
        with self._lock:
            if self._hello is not None:
                hello = msgspec.structs.replace(self._hello, seq=self._last_seq)
                mailbox.put(hello, encode(hello).decode())
            if self._estimate is not None:
                mailbox.put(self._estimate, encode(self._estimate).decode())
            self._mailboxes.add(mailbox)
        return mailbox

    def leave(self, mailbox: Mailbox) -> None:
        with self._lock:
            self._mailboxes.discard(mailbox)

    def take(self, mailbox: Mailbox) -> str | None:
        """The oldest event that this client has not been sent, or None."""
        with self._lock:
            return mailbox.take()

    def error(self, code: str, message: str) -> Error:
        """An error for one client alone: it stands at the stream's present place and takes no number of its own."""
        with self._lock:
            latest = self._estimate or self._hello
            stream, now_ms = (latest.stream, latest.t_end_ms) if latest else ("", 0)
            return Error(
                seq=self._last_seq, stream=stream, t_start_ms=now_ms, t_end_ms=now_ms, code=code, message=message
            )
