"""Events as JSON lines: one event, one line, there at once."""

import os
from collections.abc import Callable
from io import RawIOBase
from typing import IO, Any, BinaryIO

from emostream.events import Event, encode


class JsonlSink:
    """Writes each event to ``stream`` (binary, such as ``sys.stdout.buffer``) as one line of JSON and flushes it.

    A reader that goes away (``| head -1``) is how a pipe says that it has enough. That is no error: ``closed`` turns
    true, ``on_closed`` is called, later events are swallowed, and the command should end with exit code 0. Where the
    stream takes no more for another reason, such as a full disk, the same happens. ``failure`` says what ended it. The
    stream itself stays the caller's to close.
    """

    name = "JSON lines"
    dropped_events = 0  # it waits for its reader; a live stream has a DetachedSink before it

    def __init__(self, stream: BinaryIO | RawIOBase, on_closed: Callable[[], None] = lambda: None) -> None:
        self._stream = stream
        self._on_closed = on_closed
        self.closed = False
        self.failure: OSError | None = None

    def emit(self, event: Event) -> None:
        """Writes one line; never raises because the reader has gone or the disk is full."""
        if self.closed:
            return
        try:
            rest = memoryview(encode(event) + b"\n")
            while rest:
                rest = rest[self._stream.write(rest) :]
            self._stream.flush()
        except OSError as error:
            self.closed = True
            self.failure = error
            discard(self._stream)
            self._on_closed()

    def close(self) -> None:
        """Takes no more events. Every line is already flushed."""
        self.closed = True


def discard(stream: IO[Any] | RawIOBase) -> None:
    """Points a stream whose reader has gone to nowhere: the interpreter's flush at exit would break the pipe again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    finally:
        os.close(nowhere)
