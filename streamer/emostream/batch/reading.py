"""One recording of many: its sound is read and its files are written, in whichever process."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from emostream.audio import AudioBlock
from emostream.batch.overview import Overview, overview
from emostream.batch.record import SourceState
from emostream.drafts import unwritable_is_one_line
from emostream.errors import NoInputError
from emostream.events import Event
from emostream.pipeline.factory import StreamFactory
from emostream.sources.file import FileSource
from emostream.timelines.exports import export_files

# Blocks of 5 s save a tenth of the time, for the networks see more windows at once, and take 40 MB more.
BLOCK_S = 2.0

Hear = Callable[[AudioBlock], None]


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """A recording to read: ``name`` is for people, ``files`` are what to write, by format.

    ``with_steps``, ``event_types`` and ``with_audio`` are as with ``export_files``.
    """

    path: Path
    name: str
    files: dict[str, Path]
    with_steps: bool = False
    event_types: tuple[str, ...] = ()
    with_audio: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of a task: ``state`` is that of the source before it was read, ``note`` a line for people, if any."""

    overview: Overview
    state: SourceState | None
    note: str | None = None


def read_recording(factory: StreamFactory, task: Task, on_progress: Callable[[float], None]) -> Reading:
    """Read a recording and write its files; ``on_progress`` gets the seconds of audio that were read since its last.

    Raises ``NoInputError`` for what is no sound, ``EmostreamError`` where a file cannot be written, and ``OSError``
    where the disk is full.
    """
    state = SourceState.of(task.path)
    with open_recording(factory, task.path, task.name, on_progress) as (source, read):
        with (
            unwritable_is_one_line(),
            export_files(
                task.files, with_steps=task.with_steps, event_types=task.event_types, with_audio=task.with_audio
            ) as exports,
        ):
            for event in read(exports.hear):
                exports.emit(event)
        return Reading(overview(exports.timeline(), source.trouble), state, source.note)


@contextmanager
def open_recording(
    factory: StreamFactory, path: Path, name: str, on_progress: Callable[[float], None]
) -> Iterator[tuple[FileSource, Callable[[Hear], Iterable[Event]]]]:
    """A sound file, and what gives its events, with each block of its sound for whoever hears it.

    It is read while the events are gone through; ``name`` and ``on_progress`` are as above.

    Raises ``NoInputError`` for what is no sound, while it is opened or read.
    """
    source = FileSource(path, block_s=BLOCK_S, name=name)
    stream = factory.stream(source.sample_rate_hz, stream=name, source=name)
    try:
        yield source, lambda hear: stream.read(_counted(source, hear, on_progress))
    finally:
        source.close()


def _counted(source: FileSource, hear: Hear, on_progress: Callable[[float], None]) -> Iterator[AudioBlock]:
    """The blocks of a source, whose failures are told from those of writing."""
    blocks = source.blocks()
    while True:
        try:
            block = next(blocks, None)
        except OSError as error:
            raise NoInputError(f"{source.name} cannot be read ({error.strerror}): copy the file again") from error
        if block is None:
            return
        hear(block)
        yield block
        on_progress(len(block.samples) / source.sample_rate_hz)
