"""The unsent events of one client: a bounded queue that prefers new estimates to a complete list of them.

An estimate is only useful while it is new, so an unsent one of a stream that the client follows is replaced by the
next, and the next event that is sent says how many were. Utterances, gaps and errors happen once and are kept; a client
with more than ``KEPT_EVENTS`` unsent events no longer reads, and is cut off.
"""

import msgspec
from websockets.frames import Frame, Opcode

from emostream.events import Estimate, Event, Health, Hello, encode

KEPT_EVENTS = 64
_LATEST_WINS = (Estimate, Health)


class EncodedEvent:
    """An event and what carries it on a WebSocket or as a server-sent event: encoded once, when it is first taken.

    Not thread-safe: the hub holds its lock around calls.
    """

    __slots__ = ("_frame", "_json", "event")

    def __init__(self, event: Event) -> None:
        self.event = event
        self._json: bytes | None = None
        self._frame: bytes | None = None

    @property
    def frame(self) -> bytes:
        """The whole frame, unmasked, as servers send it."""
        if self._frame is None:
            self._frame = Frame(Opcode.TEXT, self._encoded()).serialize(mask=False)
        return self._frame

    @property
    def message(self) -> bytes:
        """The server-sent event."""
        return b"data: " + self._encoded() + b"\n\n"

    def _encoded(self) -> bytes:
        if self._json is None:
            self._json = encode(self.event)
        return self._json


class Outbox:
    """Encoded events on their way to one client, oldest first, with ``as_messages`` as server-sent events.

    Not thread-safe: the hub holds its lock around calls.
    """

    def __init__(self, *, as_messages: bool = False) -> None:
        self._as_messages = as_messages
        self._unsent: list[EncodedEvent] = []
        self._last_seq: dict[str, int] = {}
        self.dropped = 0
        self.overflowing = False

    def __len__(self) -> int:
        return len(self._unsent)

    def put(self, encoded: EncodedEvent, *, keep: bool = False) -> int:
        """Add an event; return how many unsent ones it replaced: none with ``keep``."""
        before = len(self._unsent)
        event = encoded.event
        if isinstance(event, Hello):
            # A hello starts the stream anew: what is left of the old one cannot be read with the new labels.
            self._unsent = [old for old in self._unsent if keep or old.event.stream != event.stream]
        elif isinstance(event, _LATEST_WINS) and not keep:
            self._unsent = [old for old in self._unsent if not _replaces(event, old.event)]
        replaced = before - len(self._unsent)
        self._unsent.append(encoded)
        self.overflowing |= len(self._unsent) > KEPT_EVENTS
        self.dropped += replaced
        return replaced

    def take(self) -> bytes | None:
        """The oldest unsent event as it is sent, or None when there is none."""
        if not self._unsent:
            return None
        encoded = self._unsent.pop(0)
        event = encoded.event
        last = self._last_seq.get(event.stream)
        if last is None or isinstance(event, Hello):
            self._last_seq[event.stream] = event.seq
        elif event.seq > last:
            self._last_seq[event.stream] = event.seq
            if missing := event.seq - last - 1:
                encoded = EncodedEvent(msgspec.structs.replace(event, dropped=missing))
        return encoded.message if self._as_messages else encoded.frame

    def forget(self, stream: str) -> None:
        """The client follows this stream no longer."""
        self._unsent = [encoded for encoded in self._unsent if encoded.event.stream != stream]
        self._last_seq.pop(stream, None)


def _replaces(event: Event, old: Event) -> bool:
    return type(old) is type(event) and old.stream == event.stream
