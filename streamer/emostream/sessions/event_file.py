"""The events of a session: JSON lines in one gzip stream, of which all but the last second can always be read."""

import os
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from emostream.errors import SessionError
from emostream.events import AnyEvent, Event, decode, encode

EVENTS = "events.jsonl.gz"
_MODE = 0o600
_GZIP = 16 + zlib.MAX_WBITS
_READ_BYTES = 65_536


class EventWriter:
    """Writes each event as a line; ``flush`` has all so far in the file, in whole lines or not at all."""

    def __init__(self, path: Path) -> None:
        """Raises ``OSError``, also for a file that is there."""
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
        self._compressor = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
        self._unwritten = b""
        self.size = 0

    def push(self, event: Event) -> None:
        """Take an event; it is written with the next flush."""
        self._unwritten += self._compressor.compress(encode(event) + b"\n")

    def flush(self) -> None:
        """Write what was pushed. Raises ``OSError``, after which nothing more can be written."""
        self._write(zlib.Z_SYNC_FLUSH)

    def sync(self) -> None:
        """Have what was written outlive a power cut. Raises ``OSError``."""
        os.fsync(self._descriptor)

    def finish(self) -> None:
        """Write the rest and the end of the stream. Raises ``OSError``."""
        self._write(zlib.Z_FINISH)

    def close(self) -> None:
        """Closes the file; what was flushed is in it."""
        os.close(self._descriptor)

    def _write(self, how: int) -> None:
        data = self._unwritten + self._compressor.flush(how)
        self._unwritten = b""
        try:
            written = os.write(self._descriptor, data)
            while written < len(data):
                written += os.write(self._descriptor, data[written:])
        except OSError:
            os.ftruncate(self._descriptor, self.size)
            raise
        self.size += len(data)


def read_events(path: Path) -> Iterator[AnyEvent]:
    """The events in a file, as far as it goes: a recording that was killed has no end, and is read all the same.

    Raises ``SessionError`` where there is no file, and, behind the events before it, for what is damaged.
    """
    line, number = b"", 0
    decompressor = zlib.decompressobj(_GZIP)
    try:
        with path.open("rb") as file:
            while data := file.read(_READ_BYTES):
                *lines, line = (line + decompressor.decompress(data)).split(b"\n")
                for text in lines:
                    number += 1
                    yield decode(text)
    except OSError as error:
        raise SessionError(f"{path} cannot be read ({error.strerror}): expected the events of a session") from error
    except (zlib.error, msgspec.DecodeError) as error:
        raise SessionError(f"{path} is damaged behind event {number}: {error}; what stands before is good") from error
