"""The parts of a session: what the networks saw or gave in half a minute, each a file of its own.

A part is written aside and named when it is whole, so that a killed process or a full disk costs the last one alone.
"""

import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from emostream.errors import SessionError
from emostream.private_file import write_private
from emostream.sessions.row_codec import CodedRows

PARTS = "parts"


class StepRecord(msgspec.Struct, frozen=True, array_like=True, tag="step"):
    """A step without its windows; the fields are those of ``Step``.

    ``new_rows`` says for each spec of the stream how many rows behind the ones before the step's window needs; it is
    None where the models were not asked, and so nothing is kept.
    """

    end_sample: int
    window_speech_samples: int
    speech_samples: int
    speaking: bool
    level_dbfs: float
    new_rows: tuple[int, ...] | None


class ChangeRecord(msgspec.Struct, frozen=True, array_like=True, tag="change"):
    """Speech began or ended; the fields are those of ``SpeechChange``."""

    speaking: bool
    at_sample: int
    known_at: int


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A part of one segment of a stream, each by its number; ``rows`` are those of each spec, of all steps in order."""

    stream: int
    segment: int
    start_ms: float
    items: tuple[StepRecord | ChangeRecord, ...]
    rows: tuple[CodedRows, ...]


class UtteranceSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The mean of each model's summary over an utterance, weighted by its speech, as float16 in little endian."""

    stream: int
    t_start_ms: int
    t_end_ms: int
    speech_s: float
    means: tuple[bytes, ...]

    @property
    def arrays(self) -> tuple[NDArray[np.float16], ...]:
        """The means as arrays of shape (S,)."""
        return tuple(np.frombuffer(mean, "<f2") for mean in self.means)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What one file holds."""

    pieces: tuple[Piece, ...] = ()
    summaries: tuple[UtteranceSummary, ...] = ()


def write_part(folder: Path, number: int, part: Part) -> int:
    """Write the ``number``-th part of the session in ``folder``; gives its bytes. Raises ``OSError``."""
    data = zlib.compress(msgspec.msgpack.encode(part))
    write_private(folder / PARTS / f"{number:06}.part", data)
    return len(data)


def read_parts(folder: Path) -> Iterator[Part]:
    """All parts of a session, in order. Raises ``SessionError`` for a damaged one."""
    for path in sorted((folder / PARTS).glob("*.part")):
        try:
            yield msgspec.msgpack.decode(zlib.decompress(path.read_bytes()), type=Part)
        except (OSError, zlib.error, msgspec.DecodeError) as error:
            raise SessionError(f"{path} is damaged: {error}; take it from a copy of the session") from error
