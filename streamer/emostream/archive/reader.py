"""An archive is read: recordings go to an engine, and what comes of them into parts."""

import time
from collections.abc import Sequence
from typing import Protocol

from emostream.archive.engines import Engine
from emostream.archive.parts import MOST_ROWS, PartWriter
from emostream.archive.results import BadFile, Result
from emostream.archive.source import Source


class Report(Protocol):
    """Where it is said how far a run has come."""

    def advance(self, seconds: float) -> None:
        """So many more seconds of audio are read, or so many less."""
        ...

    def end(self, result: Result) -> None:
        """One more recording is done with."""
        ...

    def commit(self) -> None:
        """What is done with is written."""
        ...


def read_sources(
    sources: Sequence[Source], engine: Engine, writer: PartWriter, report: Report, *, checkpoint_s: float
) -> list[BadFile]:
    """Read them all; what is read is written ``checkpoint_s`` seconds after the part before, or some time later.

    So much work is lost at most where this process is killed. Returns those that could not be read. Raises what
    ``PartWriter.commit`` raises, and ``EmostreamError`` where the engine cannot go on.
    """
    bad: list[BadFile] = []
    committed_s = time.monotonic()

    def commit(*, is_due: bool = False) -> None:
        nonlocal committed_s
        now_s = time.monotonic()
        if is_due or writer.waiting >= MOST_ROWS or (writer.waiting and now_s - committed_s >= checkpoint_s):
            writer.commit()
            report.commit()
            committed_s = now_s

    def advance(seconds: float) -> None:
        report.advance(seconds)
        commit()

    try:
        for results in engine.read(sources, advance):
            for result in results:
                writer.add(result)
                report.end(result)
                if isinstance(result, BadFile):
                    bad.append(result)
            commit()
    except KeyboardInterrupt:
        commit(is_due=True)
        raise
    commit(is_due=True)
    return bad
