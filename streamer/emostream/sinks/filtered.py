"""A sink that gets some types of events only."""

from collections.abc import Collection

from emostream.errors import UsageError
from emostream.events import TYPES, Event, Hello
from emostream.sinks import Sink


class FilteredSink:
    """Hands events of the named ``types`` to ``sink``, and each ``hello``, without which the others cannot be read."""

    def __init__(self, sink: Sink, types: Collection[str]) -> None:
        self._sink = sink
        self._classes: tuple[type[Event], ...] = (Hello, *(TYPES[name] for name in types))
        self.name = sink.name

    @property
    def dropped_events(self) -> int:
        return self._sink.dropped_events

    @property
    def sink(self) -> Sink:
        """The sink behind it."""
        return self._sink

    def emit(self, event: Event) -> None:
        """Hands the event on if its type is wanted."""
        if isinstance(event, self._classes):
            self._sink.emit(event)

    def close(self) -> None:
        """Closes the sink."""
        self._sink.close()


def checked_types(text: str, option: str) -> tuple[str, ...]:
    """The types of events in a list with commas. Raises ``UsageError`` for one that there is not."""
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [repr(name) for name in names if name not in TYPES]
    if unknown or not names:
        found = unknown[0] if unknown else "no type of event"
        raise UsageError(f"found {found} for {option}, expected some of {', '.join(TYPES)}, with commas between them")
    return names
