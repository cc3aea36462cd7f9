"""What one client has not taken yet: bounded, and fresh rather than complete.

An estimate is only worth reading while it is new, so an unsent one gives way to the next. Utterances, gaps and errors
happened once and are kept, up to ``KEPT_EVENTS``; then the oldest gives way. Whatever gives way is counted.
"""

from streamer.events import Estimate, Event, Health, Hello

KEPT_EVENTS = 64
_LATEST_WINS = (Estimate, Health)


class Mailbox:
    """Events on their way to one client, oldest first. Not thread-safe: the owner holds a lock around every call."""

    def __init__(self) -> None:
        self._unsent: list[tuple[type[Event], str]] = []
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._unsent)

    def put(self, event: Event, text: str) -> int:
        """Add ``event``, encoded as ``text``; return how many unsent events gave way to it."""
        before = len(self._unsent)
        kind = type(event)
        if kind is Hello:
            # A hello starts the stream anew: what is left of the old one cannot be read with the new labels.
            self._unsent.clear()
        elif kind in _LATEST_WINS:
            self._unsent = [entry for entry in self._unsent if entry[0] is not kind]
        else:
            kept = [index for index, entry in enumerate(self._unsent) if entry[0] not in (Hello, *_LATEST_WINS)]
            if len(kept) >= KEPT_EVENTS:
                del self._unsent[kept[0]]
        gave_way = before - len(self._unsent)
        self._unsent.append((kind, text))
        self.dropped += gave_way
        return gave_way

    def take(self) -> str | None:
        """The oldest unsent event's text, or None when there is none."""
        return self._unsent.pop(0)[1] if self._unsent else None
