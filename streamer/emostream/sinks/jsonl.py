"""Events as JSON lines: one event, one line, there at once."""

import os
from collections.abc import Callable
from io import RawIOBase
from typing import IO, Any, BinaryIO

from emostream.events import Event, encode


class JsonlSink:
    """Writes each event to ``stream`` (binary, such as ``sys.stdout.buffer``) as one line of JSON and flushes it.

    A reader that closes the pipe early (``| head -1``) is no error: ``closed`` turns true, ``on_closed`` is called,
    later events are discarded and counted, and where there is no other sink the command should end with exit code 0.
    Where the stream takes no more for another reason, such as a full disk, the same happens. ``failure`` is the error
    of the last write. The caller closes the stream itself.
    """

    name = "JSON lines"

    def __init__(self, stream: BinaryIO | RawIOBase, on_closed: Callable[[], None] = lambda: None) -> None:
        self._stream = stream
        self._on_closed = on_closed
        self.dropped_events = 0  # it waits for its reader; a live stream has a DetachedSink before it
        self.closed = False
        self.failure: OSError | None = None

    def emit(self, event: Event) -> None:
        """Writes one line; never raises because the reader has gone or the disk is full."""
        if self.closed:
            self.dropped_events += self.failure is not None
            return
        try:
            unwritten = memoryview(encode(event) + b"\n")
            while unwritten:
                unwritten = unwritten[self._stream.write(unwritten) :]
            self._stream.flush()
        except OSError as error:
            self.closed = True
            self.failure = error
            self.dropped_events += 1
            discard(self._stream)
            self._on_closed()

    def close(self) -> None:
        """Takes no more events. Every line is already flushed."""
        self.closed = True


def discard(stream: IO[Any] | RawIOBase) -> None:
    """Redirects a stream whose reader has gone to ``os.devnull``: the flush at exit would raise again."""
    devnull_fd = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(devnull_fd, stream.fileno())
    finally:
        os.close(devnull_fd)
