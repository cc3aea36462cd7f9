"""What one client has not taken yet: bounded, and fresh rather than complete.

An estimate is only worth reading while it is new, so an unsent one of a stream that the client follows gives way to the
next, and the next letter says how many did. Utterances, gaps and errors happened once and are kept; a client that lets
``KEPT_EVENTS`` of them pile up takes no part any more, and is cut off rather than sent a story with pages torn out.
"""

from dataclasses import dataclass

import msgspec
from websockets.frames import Frame, Opcode

from emostream.events import Estimate, Event, Health, Hello, encode

KEPT_EVENTS = 64
_LATEST_WINS = (Estimate, Health)


@dataclass(frozen=True, slots=True)
class EncodedEvent:
    """An event, and the WebSocket frame that carries it: made once, sent to many."""

    event: Event
    frame: bytes

    @classmethod
    def of(cls, event: Event) -> "EncodedEvent":
        return cls(event, Frame(Opcode.TEXT, encode(event)).serialize(mask=False))


class Outbox:
    """Letters on their way to one client, oldest first. Not thread-safe: the owner holds a lock around every call."""

    def __init__(self) -> None:
        self._unsent: list[EncodedEvent] = []
        self._last_seq: dict[str, int] = {}
        self.dropped = 0
        self.overflowing = False

    def __len__(self) -> int:
        return len(self._unsent)

    def put(self, letter: EncodedEvent, *, keep: bool = False) -> int:
        """Add a letter; return how many unsent ones gave way to it, which none does with ``keep``."""
        before = len(self._unsent)
        event = letter.event
        if isinstance(event, Hello):
            # A hello starts the stream anew: what is left of the old one cannot be read with the new labels.
            self._unsent = [old for old in self._unsent if keep or old.event.stream != event.stream]
        elif isinstance(event, _LATEST_WINS) and not keep:
            self._unsent = [old for old in self._unsent if not _replaces(event, old.event)]
        gave_way = before - len(self._unsent)
        self._unsent.append(letter)
        self.overflowing |= len(self._unsent) > KEPT_EVENTS
        self.dropped += gave_way
        return gave_way

    def take(self) -> bytes | None:
        """The frame of the oldest unsent letter, or None when there is none."""
        if not self._unsent:
            return None
        letter = self._unsent.pop(0)
        event = letter.event
        last = self._last_seq.get(event.stream)
        if last is None or isinstance(event, Hello):
            self._last_seq[event.stream] = event.seq
            return letter.frame
        if event.seq <= last:
            return letter.frame
        self._last_seq[event.stream] = event.seq
        missing = event.seq - last - 1
        return EncodedEvent.of(msgspec.structs.replace(event, dropped=missing)).frame if missing else letter.frame

    def forget(self, stream: str) -> None:
        """The client follows this stream no longer."""
        self._unsent = [letter for letter in self._unsent if letter.event.stream != stream]
        self._last_seq.pop(stream, None)


def _replaces(event: Event, old: Event) -> bool:
    return type(old) is type(event) and old.stream == event.stream
