"""Events as JSON lines in a file that is replaced when it is full, or in a named pipe."""

import errno
import logging
import os
import stat
from pathlib import Path

from emostream.events import Event, Hello, encode

_logger = logging.getLogger(__name__)
# It says how somebody sounded: nobody but its owner reads it.
_MODE = 0o600
_NONBLOCKING = getattr(os, "O_NONBLOCK", 0)  # Windows has neither this nor named pipes among its files
_REASONS = {
    errno.ENXIO: "nobody reads it",
    errno.EPIPE: "its reader has gone",
    errno.EAGAIN: "its reader is too slow",
}


class LogFile:
    """Appends each event to the file ``path`` as one line of JSON; put a ``DetachedSink`` in front of it.

    A file that would grow beyond ``max_bytes`` becomes ``path.1``, that one ``path.2``, and so on; ``keep`` of them are
    kept. Each file begins with the latest ``hello``, so that it can be read alone. A file that another program moved
    away or removed is made anew.

    A named pipe is written while somebody reads it. What its reader is too slow for, what comes while nobody reads it
    and what a full disk has no room for is lost: ``dropped_events`` counts it, the log says when losses begin and what
    they came to, and the next event is tried anew. Of a line that had no room nothing stays in the file.
    """

    def __init__(self, path: Path, max_bytes: int, keep: int) -> None:
        self.path = path
        self.name = f"log {path}"
        self.dropped_events = 0
        self._max_bytes = max_bytes
        self._keep = keep
        self._hello = b""
        self._descriptor: int | None = None
        self._is_regular = False
        self._size = 0
        self._unwritten = b""
        self._dropped_before = 0
        self._failure: str | None = None

    def open(self) -> None:
        """Opens the file, so that a wrong path is known at once. Raises ``OSError``; a pipe may have no reader yet."""
        if not self.path.is_fifo():
            self._open()

    def emit(self, event: Event) -> None:
        """Writes one line; never raises."""
        line = encode(event) + b"\n"
        if isinstance(event, Hello):
            self._hello = line
        try:
            self._write(line)
        except OSError as error:
            self._lose(error)
        else:
            self._recover()

    def close(self) -> None:
        """Closes the file. Every line is already written."""
        descriptor, self._descriptor = self._descriptor, None
        self._unwritten = b""
        if descriptor is not None:
            os.close(descriptor)

    def _write(self, line: bytes) -> None:
        if self._descriptor is not None and self._was_moved(self._descriptor):
            self.close()
        if self._descriptor is None:
            self._open()
        if self._is_regular and self._size and self._size + len(line) > self._max_bytes:
            self.close()
            self._rotate()
            self._open()
        if not self._size and line != self._hello:
            self._append(self._hello)
        self._append(line)

    def _open(self) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | _NONBLOCKING
        self._descriptor = os.open(self.path, flags, _MODE)
        status = os.fstat(self._descriptor)
        self._is_regular = stat.S_ISREG(status.st_mode)
        self._size = status.st_size if self._is_regular else 0
        if self._is_regular and self._size and not self._ends_with_line():
            self._append(b"\n")  # what wrote it before was ended within a line

    def _ends_with_line(self) -> bool:
        with self.path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"

    def _was_moved(self, descriptor: int) -> bool:
        """Whether another file, or none, has the path now."""
        try:
            return not os.path.samestat(self.path.stat(), os.fstat(descriptor))
        except FileNotFoundError:
            return True

    def _rotate(self) -> None:
        """Give every file the next number; the last one goes."""
        numbered = [self.path, *(Path(f"{self.path}.{number}") for number in range(1, self._keep + 1))]
        numbered[-1].unlink(missing_ok=True)
        for older, newer in zip(reversed(numbered), reversed(numbered[:-1]), strict=False):
            if newer.exists():
                newer.replace(older)

    def _append(self, data: bytes) -> None:
        """Write all of it, or nothing that a reader would find in a file. Raises ``OSError``."""
        assert self._descriptor is not None
        try:
            self._end_line(self._descriptor)
            written = os.write(self._descriptor, data)
            while self._is_regular and written < len(data):
                written += os.write(self._descriptor, data[written:])
            self._unwritten = data[written:]  # the pipe is full: the rest of the line goes before the next one
        except BlockingIOError:
            raise
        except OSError:
            try:
                if self._is_regular:
                    os.ftruncate(self._descriptor, self._size)
            finally:
                self.close()
            raise
        self._size += len(data)

    def _end_line(self, descriptor: int) -> None:
        """Write what a pipe had no room for. Raises ``BlockingIOError`` where it still has none."""
        if self._unwritten:
            self._unwritten = self._unwritten[os.write(descriptor, self._unwritten) :]
        if self._unwritten:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    def _lose(self, error: OSError) -> None:
        self.dropped_events += 1
        failure = _REASONS.get(error.errno or 0, error.strerror)
        if self._failure is None:
            self._dropped_before = self.dropped_events - 1
            _logger.warning("%s takes no more (%s): events are lost until it does", self.name, failure)
        self._failure = failure

    def _recover(self) -> None:
        if self._failure is not None:
            self._failure = None
            _logger.warning(
                "%s takes events again; %d were lost", self.name, self.dropped_events - self._dropped_before
            )
