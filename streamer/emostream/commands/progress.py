"""How far many recordings have come, on standard error: a bar on a terminal, a line now and then elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from emostream.commands.stderr import print_line
from emostream.sinks.drawing import clock
from emostream.sinks.printable import printable

_LINES = 10  # a line for each so many-th part


class ProgressReport(Protocol):
    """Where a command says how far it has come, and what else it has to say meanwhile."""

    def advance(self, seconds: float) -> None:
        """So many more seconds of audio are read."""
        ...

    def end_recording(self) -> None:
        """One more recording is done with."""
        ...

    def say(self, message: object) -> None:
        """A line for a person, as ``print_line`` prints it."""
        ...


@contextmanager
def progress_of(recordings: int, total_s: float) -> Iterator[ProgressReport]:
    """Shows how far ``recordings`` of ``total_s`` seconds altogether have come, while the block runs."""
    if not sys.stderr.isatty():
        yield _Lines(recordings, total_s)
        return
    bar = Progress(
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("· {task.fields[files]} · {task.fields[audio]} ·"),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
        console=Console(stderr=True),
    )
    with bar:
        yield _Bar(bar, recordings, total_s)


class _Count:
    """What is done of what there is. Declared lengths may be wrong: what is done is never more than there is."""

    def __init__(self, recordings: int, total_s: float) -> None:
        self.recordings, self.ended = recordings, 0
        self.total_s, self.done_s = total_s, 0.0

    @property
    def files(self) -> str:
        return f"{self.ended} of {self.recordings} file{'s' if self.recordings > 1 else ''}"

    @property
    def audio(self) -> str:
        return f"{clock(1000 * self.done_s)[:-2]} of {clock(1000 * self.total_s)[:-2]} of audio"

    @property
    def part(self) -> float:
        """0 to 1, by seconds of audio; by files where no file says its length."""
        return self.done_s / self.total_s if self.total_s else self.ended / self.recordings

    def advance(self, seconds: float) -> None:
        self.done_s += seconds
        self.total_s = max(self.total_s, self.done_s)

    def end_recording(self) -> None:
        self.ended += 1
        if self.ended == self.recordings:
            self.total_s = self.done_s


class _Bar:
    def __init__(self, bar: Progress, recordings: int, total_s: float) -> None:
        self._bar = bar
        self._count = _Count(recordings, total_s)
        self._task = bar.add_task("", total=1.0, **self._fields())

    def advance(self, seconds: float) -> None:
        self._count.advance(seconds)
        self._bar.update(self._task, completed=self._count.part, **self._fields())

    def end_recording(self) -> None:
        self._count.end_recording()
        self._bar.update(self._task, completed=self._count.part, **self._fields())

    def say(self, message: object) -> None:
        self._bar.console.print(Text(f"emostream: {printable(str(message))}"), soft_wrap=True)

    def _fields(self) -> dict[str, Any]:
        count = self._count
        return {"files": count.files, "audio": count.audio}


class _Lines:
    def __init__(self, recordings: int, total_s: float) -> None:
        self._count = _Count(recordings, total_s)
        self._told = 0

    def advance(self, seconds: float) -> None:
        self._count.advance(seconds)
        self._tell()

    def end_recording(self) -> None:
        self._count.end_recording()
        self._tell()

    def say(self, message: object) -> None:
        print_line(message)

    def _tell(self) -> None:
        count, reached = self._count, int(_LINES * self._count.part)
        # Half a file is no file: the last line waits for the end of the last one.
        if reached > self._told and (reached < _LINES or count.ended == count.recordings):
            self._told = reached
            print_line(f"{count.part:4.0%}, {count.files}, {count.audio}")
