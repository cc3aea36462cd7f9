"""What came of a recording, and how a process gets there."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from emostream.archive.locations import on_disk
from emostream.archive.source import Source, Unit
from emostream.batch.overview import Overview, overview
from emostream.batch.reading import open_recording
from emostream.batch.workers import Workers
from emostream.drafts import FULL
from emostream.errors import EmostreamError
from emostream.pipeline.factory import StreamFactory
from emostream.timelines.builder import TimelineBuilder
from emostream.timelines.timeline import TimelineUtterance

OnProgress = Callable[[float], None]


@dataclass(frozen=True, slots=True, eq=False)
class ReadFile:
    """A recording that was read: its utterances, its row, and a line for people on how it was read, if any."""

    source: Source
    overview: Overview
    utterances: tuple[TimelineUtterance, ...]
    note: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class BadFile:
    """A recording that could not be read, and why, in a line."""

    source: Source
    reason: str


Result = ReadFile | BadFile
# What reads a unit in a process that has loaded the models.
ReadUnit = Callable[[StreamFactory, Unit, OnProgress], list[Result]]


def read_unit(factory: StreamFactory, unit: Unit, on_progress: OnProgress) -> list[Result]:
    """Read the recordings of a unit; ``on_progress`` gets the seconds of audio that were read since its last.

    What goes wrong with a recording is its result. Raises ``OSError`` where there is no room for copies.
    """
    return [_read(factory, source, on_progress) for source in unit.sources]


def _read(factory: StreamFactory, source: Source, on_progress: OnProgress) -> Result:
    builder = TimelineBuilder()
    try:
        with (
            on_disk(source.location, source.file) as path,
            open_recording(factory, path, source.file, on_progress) as (audio, read),
        ):
            for event in read(lambda _: None):
                builder.emit(event)
            timeline = builder.timeline()
            return ReadFile(source, overview(timeline, audio.trouble), timeline.utterances, audio.note)
    except EmostreamError as error:
        return BadFile(source, str(error))
    except Exception as error:
        if isinstance(error, OSError) and error.errno in FULL:
            raise
        # Ten thousand hours do not end with one file, whatever it does to us.
        return BadFile(source, f"{source.file}: a fault of emostream, {type(error).__name__}: {error}")


def results_of(
    workers: Workers[StreamFactory, Unit, list[Result]], units: Sequence[Unit], on_progress: OnProgress
) -> Iterator[list[Result]]:
    """The results of each unit, as they come. Where processes end over a unit, its recordings are tried one by one."""
    alone: list[Unit] = []
    for unit, outcome in workers.run(units, on_progress):
        if not isinstance(outcome, EmostreamError):
            yield outcome
        elif len(unit.sources) > 1:
            alone += [Unit((source,)) for source in unit.sources]
        else:
            yield [BadFile(unit.sources[0], f"{unit.sources[0].file}: {outcome}")]
    if alone:
        yield from results_of(workers, alone, on_progress)
