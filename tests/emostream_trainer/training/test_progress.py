"""What a person sees of a run: which part, how far, and a time left that is true."""

import io

import pytest
from rich.console import Console
from rich.text import Text

from emostream_trainer.training.progress import LIKE_BATCHED_CLIPS, LINE_EVERY_S, Pace, RunProgress, Work


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_the_time_left_is_that_of_the_same_work_in_all_parts() -> None:
    pace = Pace({"fold0": Work(10, 100), "all": Work(20, 200)}, batch_size=10)
    assert pace.left_s() is None
    pace.did("fold0", "batches", 5, 10.0)
    # 2 s a batch; a clip's summaries are guessed from that until there were some.
    assert pace.left_s() == pytest.approx(25 * 2.0 + 300 * LIKE_BATCHED_CLIPS * 2.0 / 10)
    pace.did("fold0", "batches", 5, 10.0)
    pace.did("fold0", "clips", 50, 25.0)
    assert pace.left_s() == pytest.approx(20 * 2.0 + 250 * 0.5)
    assert pace.done_s() == 45.0
    pace.ended("all")
    assert pace.left_s() == pytest.approx(25.0)


def test_more_work_than_was_planned_leaves_nothing() -> None:
    pace = Pace({"all": Work(1, 0)}, batch_size=1)
    pace.did("all", "batches", 3, 3.0)
    assert pace.left_s() == 0


def _run(console: Console, clock: Clock, seconds_a_batch: float) -> None:
    """Two parts of one epoch of four batches each, then a discriminant of eight windows for the first."""
    work = {"fold0": Work(4, 8), "all": Work(4, 0)}
    with RunProgress(console, "tiny", work, batch_size=1, clock=clock) as progress:
        for part, planned in work.items():
            progress.part(part)
            for _ in progress.batches(range(4), 1, 1, 4):
                clock.now_s += seconds_a_batch
            clock.now_s += seconds_a_batch  # judging
            progress.epoch_ended(1, 1, {"loss": "1.2345"})
            if planned.clips:
                for _ in progress.summaries(["four", "more"], 8, len):
                    clock.now_s += 4 * seconds_a_batch
                progress.say("discriminant")
            progress.part_ended()


def test_without_a_terminal_there_is_a_line_an_epoch_and_one_a_minute() -> None:
    written, clock = io.StringIO(), Clock()
    _run(Console(file=written, width=60), clock, seconds_a_batch=LINE_EVERY_S / 3)
    assert written.getvalue().splitlines() == [
        "fold0  epoch 1 of 1: 3 of 4 batches  15 min left",  # 5 batches of 20 s, 8 clips guessed at 100 s
        "part    epoch    loss    left",
        "fold0     1/1  1.2345  18 min",  # a batch is 25 s with the judging
        "fold0  discriminant: 4 of 8 windows  3 min left",  # a clip is 20 s: 80 s, and 4 batches
        "fold0  discriminant: 8 of 8 windows  2 min left",
        "fold0  discriminant  2 min left",
        "all    epoch 1 of 1: 3 of 4 batches  23 s left",  # 160 s for the 7 batches so far
        "all       1/1  1.2345     0 s",
    ]


def _shown(progress: RunProgress) -> list[str]:
    console = Console(file=io.StringIO(), width=100, force_terminal=True)
    with console.capture() as capture:
        console.print(progress)
    return [" ".join(line.replace("━", "").split()) for line in Text.from_ansi(capture.get()).plain.splitlines()]


def test_two_bars_say_where_the_run_is_and_leave_nothing_behind() -> None:
    written, clock = io.StringIO(), Clock()
    console = Console(file=written, width=100, force_terminal=True)
    with RunProgress(console, "tiny", {"fold0": Work(8), "all": Work(8)}, batch_size=1, clock=clock) as progress:
        progress.part("fold0")
        batches = progress.batches(range(4), 2, 3, 4)
        for _ in range(2):
            next(batches)
            clock.now_s += 30
        next(batches)
        first, second = _shown(progress)
        assert first.startswith("tiny part 1 of 2")
        assert first.endswith("7 min left"), "fourteen more of half a minute"
        assert second.startswith("fold0 epoch 2 of 3")
        assert second.endswith("2 of 4 batches")
        progress.part_ended()
        assert _shown(progress)[0].endswith("4 min left")
        progress.part("all")
        assert _shown(progress)[0].startswith("tiny part 2 of 2")
    assert _shown(progress) == []
    assert "\x1b[?25h" in written.getvalue(), "the cursor is seen again"
