"""The recordings of an archive: what names them, and how they are shared out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

# Some ten minutes of WAV at 16 kHz, read in a quarter of a minute: what is done again when a process ends. Few
# recordings are shared out in smaller units, so that no process is without work for long.
_UNIT_BYTES = 20_000_000
_LEAST_UNITS_EACH = 8
_MOST_FILES = 500
_MOST_UNITS = 20_000
# What counts for a file whose size is not known, as where it is elsewhere.
_UNKNOWN_BYTES = 4_000_000


class Source(msgspec.Struct, frozen=True):
    """One recording: ``file`` is its name as it was given, ``location`` its absolute path or its URL.

    ``size`` is in bytes, None where it is not known; ``speaker`` is who speaks, if that was said; ``facts`` is what
    else a manifest says of it, as a JSON object.
    """

    file: str
    location: str
    size: int | None = None
    speaker: str | None = None
    facts: str | None = None

    @property
    def key(self) -> str:
        """The location as Parquet holds it: bytes that are not UTF-8 are written as ``\\udc80`` to ``\\udcff``."""
        return self.location.encode("utf-8", "backslashreplace").decode()

    @property
    def weight(self) -> int:
        """How much work it is, in bytes."""
        return _UNKNOWN_BYTES if self.size is None else self.size


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """Recordings that one process reads in turn, and whose results come together."""

    sources: tuple[Source, ...]


def units_of(sources: Sequence[Source], processes: int) -> list[Unit]:
    """All of them for so many processes, the largest first: those by themselves, small ones together."""
    weight = sum(source.weight for source in sources)
    limit = max(min(_UNIT_BYTES, weight // (_LEAST_UNITS_EACH * processes)), weight // _MOST_UNITS)
    large = sorted((source for source in sources if source.weight >= limit), key=lambda source: -source.weight)
    small = (source for source in sources if source.weight < limit)
    return [*(Unit((source,)) for source in large), *_together(small, limit)]


def _together(sources: Iterable[Source], limit: int) -> Iterator[Unit]:
    group: list[Source] = []
    weight = 0
    for source in sources:
        if group and (weight + source.weight > limit or len(group) == _MOST_FILES):
            yield Unit(tuple(group))
            group, weight = [], 0
        group.append(source)
        weight += source.weight
    if group:
        yield Unit(tuple(group))
