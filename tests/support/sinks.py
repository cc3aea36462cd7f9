"""A sink for tests."""

from emostream.events import Event


class CollectingSink:
    """Keeps all events that it is given."""

    name = "memory"

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.dropped_events = 0
        self.closed = False

    def emit(self, event: Event) -> None:
        self.events.append(event)

    def close(self) -> None:
        self.closed = True
