"""Where events go: a terminal, a file, a pipe, a socket."""

from typing import Protocol

from emostream.events import Event


class Sink(Protocol):
    """Something that takes the events of a stream, in order.

    ``name`` is for people: ``dashboard``, ``JSON lines``, ``server``. ``dropped_events`` counts the events that slow
    receivers did not get since the start.

    ``emit`` returns at once: a live sink keeps its own small state or bounded queue, drops what a slow reader cannot
    take, and counts what it dropped. ``close`` finishes what was begun and may be called more than once; nothing is
    emitted after it.
    """

    @property
    def name(self) -> str: ...

    @property
    def dropped_events(self) -> int: ...

    def emit(self, event: Event) -> None: ...

    def close(self) -> None: ...
