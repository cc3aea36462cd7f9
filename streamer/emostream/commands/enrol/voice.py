"""What all ways to enrol share: profiles of recordings, and how listening to a live voice is shown."""

import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from emostream.commands.stderr import c_library_messages_hidden
from emostream.errors import NoInputError
from emostream.events import Estimate, Event
from emostream.inference.profile import SpeakerProfile, mean_profile
from emostream.pipeline.stream import EmotionStream
from emostream.sinks.drawing import bar
from emostream.sources import Source
from emostream.sources.file import FileSource, find_audio

FILE_BLOCK_S = 5.0
QUIET_DBFS = -60.0
LEVEL_CELLS = 10

StreamFor = Callable[[Source], EmotionStream]


def profile_of_recordings(name: str, paths: Sequence[Path], stream_for: StreamFor) -> SpeakerProfile:
    """One profile of these recordings and of those in these folders. Raises ``NoInputError`` for what is no sound."""
    return mean_profile([_profile_of_recording(name, path, stream_for) for path in find_audio(paths)])


def _profile_of_recording(name: str, path: Path | NoInputError, stream_for: StreamFor) -> SpeakerProfile:
    if isinstance(path, NoInputError):
        raise path
    source = FileSource(path, block_s=FILE_BLOCK_S)
    stream = stream_for(source)
    for block in source.blocks():
        stream.push(block)
    stream.flush()
    if source.trouble:
        raise NoInputError(source.trouble)
    return stream.profile(name)


class ShownSpeech:
    """A line on standard error: seconds of speech, the level now, and the source's trouble if there is any."""

    def __init__(self, progress: Progress, target_s: float) -> None:
        self._progress = progress
        self._target_s = target_s
        self._task: TaskID = progress.add_task("", total=target_s, level="", trouble="")

    def print(self, text: str) -> None:
        """Print lines above it."""
        self._progress.console.print(text, highlight=False, markup=False)

    def show(self, events: Iterable[Event], speech_s: float, trouble: str | None) -> None:
        """Show the seconds and the last level of a stream's events."""
        for event in events:
            if isinstance(event, Estimate):
                level = bar(1 - event.level_dbfs / QUIET_DBFS, LEVEL_CELLS)
                self._progress.update(self._task, level="".join(level))
        self._progress.update(self._task, completed=min(speech_s, self._target_s), trouble=trouble or "")


@contextmanager
def listening(source: Source, target_s: float) -> Iterator[ShownSpeech]:
    """Show how ``source`` is listened to; Ctrl-C ends the source, and leaving it closes it."""
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, lambda *_: source.close())
    columns = (
        BarColumn(bar_width=20),
        TextColumn("{task.completed:.0f} of {task.total:.0f} s of speech", markup=False),
        TextColumn("level {task.fields[level]}", markup=False),
        TextColumn("{task.fields[trouble]}", style="bold", markup=False),
    )
    with c_library_messages_hidden(), closing(source), Progress(*columns, console=Console(stderr=True)) as progress:
        yield ShownSpeech(progress, target_s)
