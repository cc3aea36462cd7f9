"""How far an archive has come, on standard error: a bar on a terminal, a line at each checkpoint elsewhere."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.text import Text

from emostream.archive.results import BadFile, ReadFile, Result
from emostream.archive.source import Source
from emostream.commands.stderr import print_line
from emostream.sinks.drawing import duration
from emostream.sinks.printable import printable

_MOST_SAID = 20  # bad files that get a line: the table has them all


class ArchiveProgress:
    """What a run has done so far of what there is to do.

    How long the audio is that is still to be read is not known: it is taken from the bytes, by what those came to that
    are read.
    """

    def __init__(self, sources: Sequence[Source], bar: Progress | None = None) -> None:
        self.files, self.errors = 0, 0
        self.done_s = 0.0
        self._n_sources = len(sources)
        self._bytes = sum(source.weight for source in sources)
        self._ended_bytes, self._ended_s = 0, 0.0
        self._began_s = time.monotonic()
        self._bar = bar
        self._task = bar.add_task("", total=1.0, said="") if bar is not None else None

    @property
    def elapsed_s(self) -> float:
        """How long the run has lasted."""
        return time.monotonic() - self._began_s

    @property
    def speed(self) -> float:
        """Seconds of audio that are read in a second."""
        return self.done_s / self.elapsed_s if self.elapsed_s else 0.0

    @property
    def left_s(self) -> float | None:
        """Seconds of audio that are still to be read, as far as is known."""
        if not self._ended_s or not self._ended_bytes:
            return None
        begun_s = self.done_s - self._ended_s
        return max(0.0, (self._bytes - self._ended_bytes) * self._ended_s / self._ended_bytes - begun_s)

    def advance(self, seconds: float) -> None:
        """So many more seconds of audio are read, or so many less."""
        self.done_s += seconds
        self._draw()

    def end(self, result: Result) -> None:
        """One more recording is done with."""
        self._ended_bytes += result.source.weight
        if isinstance(result, ReadFile):
            self.files += 1
            self._ended_s += result.overview.seconds
            self._say(result.note)
            self._say(result.overview.trouble)
        else:
            self.errors += 1
            self._say_bad(result)
        self._draw()

    def commit(self) -> None:
        """What is done with is written: a line says how far it is, where there is no bar."""
        if self._bar is None and self._n_sources:
            print_line(f"{self._part:4.0%} · {self}")

    def __str__(self) -> str:
        """Files, hours, speed, and the time that is left."""
        done = f"{self.files + self.errors:,} of {self._n_sources:,} files"
        bad = f" ({self.errors:,} could not be read)" if self.errors else ""
        left = f" · {duration(self.left_s / self.speed)} left" if self.left_s is not None and self.speed else ""
        return f"{done}{bad} · {_hours(self.done_s)} of audio · {self.speed:,.1f} x real time{left}"

    @property
    def _part(self) -> float:
        left_s = self.left_s
        if self.files + self.errors == self._n_sources:
            return 1.0
        if left_s is None:
            return 0.0
        return self.done_s / (self.done_s + left_s) if self.done_s + left_s else 0.0

    def _say_bad(self, bad: BadFile) -> None:
        if self.errors <= _MOST_SAID:
            self._say(bad.reason)
        if self.errors == _MOST_SAID:
            self._say("what else cannot be read is in the table 'errors' alone")

    def _say(self, message: str | None) -> None:
        if message is not None and self._bar is None:
            print_line(message)
        elif message is not None and self._bar is not None:
            self._bar.console.print(Text(f"emostream: {printable(message)}"), soft_wrap=True)

    def _draw(self) -> None:
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self._part, said=str(self))


@contextmanager
def archive_progress(sources: Sequence[Source]) -> Iterator[ArchiveProgress]:
    """Shows how far the ``sources`` have come, while the block runs."""
    if not sys.stderr.isatty() or not sources:
        yield ArchiveProgress(sources)
        return
    with Progress(
        BarColumn(bar_width=20),
        TaskProgressColumn(),
        TextColumn("· {task.fields[said]}"),
        console=Console(stderr=True),
    ) as bar:
        yield ArchiveProgress(sources, bar)


def _hours(seconds: float) -> str:
    """Such as ``12.34 h``."""
    return f"{seconds / 3600:,.2f} h"
