"""Where events go: a terminal, a file, a pipe, a socket."""

from typing import Protocol

from emostream.events import Event


class Sink(Protocol):
    """Something that takes the events of a stream, in order.

    ``emit`` returns at once: a live sink keeps its own small state or bounded queue, drops what a slow reader cannot
    take, and counts what it dropped. ``close`` finishes what was begun and may be called more than once; nothing is
    emitted after it.
    """

    def emit(self, event: Event) -> None: ...

    def close(self) -> None: ...
