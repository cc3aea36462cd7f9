"""What reads the recordings of an archive: processes of this machine, or those of a cluster."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from emostream.archive.results import OnProgress, ReadUnit, Result, results_of
from emostream.archive.source import Source, units_of
from emostream.batch.workers import Workers
from emostream.pipeline.factory import StreamFactory


class Engine(Protocol):
    """Reads recordings, in any order."""

    def read(self, sources: Sequence[Source], on_progress: OnProgress) -> Iterator[list[Result]]:
        """The results of some of them as they come; each is given once, or once more where that cannot be known.

        ``on_progress`` gets seconds of audio that were read, less than nothing where they have to be read again.
        """
        ...


class EmbeddedEngine:
    """``jobs`` processes of this machine."""

    def __init__(self, jobs: int, load: Callable[[], StreamFactory], read_unit: ReadUnit) -> None:
        self._jobs = jobs
        self._load = load
        self._read_unit = read_unit

    def read(self, sources: Sequence[Source], on_progress: OnProgress) -> Iterator[list[Result]]:
        """As ``Engine.read``."""
        units = units_of(sources, self._jobs)
        with Workers(min(self._jobs, len(units)), self._load, self._read_unit) as workers:
            yield from results_of(workers, units, on_progress)
