"""What a person sees of a training run: a line an epoch, a bar for the whole run and one for what it is at now."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Literal, TypeVar

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TextColumn

from emostream.sinks.drawing import duration

Item = TypeVar("Item")
Kind = Literal["batches", "clips"]

# Before any was summarised: the windows of a clip, read once, for one that is learnt from.
LIKE_BATCHED_CLIPS = 5
# Where no bar can be drawn, such as in a file, a line is written this often.
LINE_EVERY_S = 60.0
# Of a column of an epoch's row.
LEAST_CELLS = 6


@dataclass(frozen=True)
class Work:
    """What a part of a run has still to do: batches to learn from, then clips whose summaries a discriminant reads."""

    batches: float = 0
    clips: float = 0


@dataclass
class _Done:
    seconds: float = 0.0
    units: float = 0.0


@dataclass
class Pace:
    """How long the rest takes, from what the same work has taken in this run. ``batch_size`` is in clips."""

    left: dict[str, Work]
    batch_size: int
    _done: dict[Kind, _Done] = field(default_factory=lambda: {"batches": _Done(), "clips": _Done()})

    def did(self, part: str, kind: Kind, units: float, seconds: float) -> None:
        """Count what was done of a part, which leaves so much less to do."""
        work = self.left[part]
        self.left[part] = replace(work, **{kind: max(0.0, getattr(work, kind) - units)})
        self._done[kind].seconds += seconds
        self._done[kind].units += units

    def ended(self, part: str) -> None:
        """Nothing is left of a part, whatever was planned."""
        self.left[part] = Work()

    def done_s(self) -> float:
        """Seconds of work so far."""
        return sum(done.seconds for done in self._done.values())

    def left_s(self) -> float | None:
        """Seconds of work to come; None before anything was done."""
        batches, clips = self._done["batches"], self._done["clips"]
        if not batches.units and not clips.units:
            return None
        batch_s = batches.seconds / batches.units if batches.units else 0.0
        clip_s = clips.seconds / clips.units if clips.units else LIKE_BATCHED_CLIPS * batch_s / self.batch_size
        return sum(work.batches * batch_s + work.clips * clip_s for work in self.left.values())


class RunProgress:
    """The bars of a run, and its lines above them. ``work`` is what each part has to do, in order."""

    def __init__(
        self,
        console: Console,
        title: str,
        work: Mapping[str, Work],
        batch_size: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console, self._title, self._clock = console, title, clock
        self._parts = list(work)
        self._pace = Pace(dict(work), batch_size)
        self._part = self._parts[0] if self._parts else ""
        self._bars = Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[state]}"), console=console
        )
        self._run = self._bars.add_task("", total=None, state="")
        self._now = self._bars.add_task("", total=None, state="")
        self._line_at_s = self._mark_s = clock()
        self._columns: list[str] = []

    def __enter__(self) -> "RunProgress":
        if self._console.is_terminal:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # What is left to do is no news once it is done.
        for task in (self._run, self._now):
            self._bars.update(task, visible=False)
        if self._console.is_terminal:
            self._bars.stop()

    def __rich__(self) -> RenderableType:
        """The bars as they stand."""
        return self._bars.get_renderable()

    def part(self, name: str) -> None:
        """The part that is worked at from now on."""
        self._part, self._mark_s = name, self._clock()
        self._bars.update(
            self._run, description=f"{self._title}  part {self._parts.index(name) + 1} of {len(self._parts)}"
        )
        self._show_left()

    def part_ended(self) -> None:
        """The part has nothing more to do."""
        self._pace.ended(self._part)
        self._show_left()

    def epoch_ended(self, epoch: int, epochs: int, figures: Mapping[str, str]) -> None:
        """Write a row about epoch ``epoch`` of ``epochs``, below a line of its columns' names where they are new.

        What came after its last batch, such as judging it, is a part of its time.
        """
        self._count("batches", 0)
        cells = {"epoch": f"{epoch}/{epochs}", **figures, "left": duration(self._pace.left_s() or 0.0)}
        if list(cells) != self._columns:
            self._columns = list(cells)
            self._print("part", *(name.rjust(LEAST_CELLS) for name in cells), style="dim")
        self._print(self._part, *(value.rjust(max(LEAST_CELLS, len(name))) for name, value in cells.items()))

    def say(self, words: str) -> None:
        """Write a line about the part, with the time that the whole run has still to go."""
        self._print(self._part, words, self._left())

    def batches(self, batches: Iterable[Item], epoch: int, epochs: int, count: int) -> Iterator[Item]:
        """Give the batches of epoch ``epoch`` of ``epochs``, ``count`` of them."""
        yield from self._counted(batches, f"epoch {epoch} of {epochs}", "batches", count)

    def summaries(self, batches: Iterable[Item], windows: int, size: Callable[[Item], int]) -> Iterator[Item]:
        """Give batches of the ``windows`` windows that are left of the part's clips, ``size(batch)`` of them each."""
        yield from self._counted(batches, "discriminant", "clips", windows, size)

    def _counted(
        self,
        items: Iterable[Item],
        doing: str,
        kind: Kind,
        total: int,
        size: Callable[[Item], int] = lambda _: 1,
    ) -> Iterator[Item]:
        noun = "windows" if kind == "clips" else kind
        units = self._pace.left[self._part].clips if kind == "clips" else total
        self._bars.reset(self._now, total=total, description=f"{self._part}  {doing}", state="")
        done, self._mark_s = 0, self._clock()
        for item in items:
            yield item
            done += size(item)
            self._count(kind, units * size(item) / total)
            self._bars.update(self._now, completed=done, state=f"{done} of {total} {noun}")
            if not self._console.is_terminal and self._mark_s - self._line_at_s >= LINE_EVERY_S:
                self.say(f"{doing}: {done} of {total} {noun}")
                self._line_at_s = self._mark_s

    def _print(self, part: str, *words: str, style: str | None = None) -> None:
        cells = [part.ljust(max(map(len, self._parts), default=0)), *words]
        self._console.print("  ".join(cells).rstrip(), style=style, highlight=False, soft_wrap=True)

    def _count(self, kind: Kind, units: float) -> None:
        now_s = self._clock()
        self._pace.did(self._part, kind, units, now_s - self._mark_s)
        self._mark_s = now_s
        self._show_left()

    def _show_left(self) -> None:
        left_s, done_s = self._pace.left_s(), self._pace.done_s()
        total_s = None if left_s is None else done_s + left_s
        self._bars.update(self._run, total=total_s, completed=done_s, state=self._left())

    def _left(self) -> str:
        left_s = self._pace.left_s()
        return "" if left_s is None else f"{duration(left_s)} left"
