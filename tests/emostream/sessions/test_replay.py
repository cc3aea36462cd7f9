"""Events once more: when each is due, pauses, and an early end. No test waits for the time of a recording."""

import threading
from collections.abc import Sequence

import pytest

from emostream.events import Estimate, Event, Gap, Health, Hello
from emostream.pause import PauseSwitch
from emostream.sessions.replay import LONGEST_STILL_S, Replay, _Schedule

HELLO = Hello(
    seq=0, stream="live", t_start_ms=0, t_end_ms=0, labels=("a", "b"), window_ms=3000, step_ms=250, models=(),
    source="a microphone",
)  # fmt: skip


def at(second: float) -> str:
    return f"2026-11-28T12:{int(second) // 60:02}:{second % 60:06.3f}Z"


def estimate(t_end_ms: int, ts: str | None = None) -> Estimate:
    return Estimate(
        seq=1, stream="live", t_start_ms=0, t_end_ms=t_end_ms, ts=ts, p={}, confidence=0.0, agreement=0.0,
        speech=False, level_dbfs=-50.0,
    )  # fmt: skip


def health(t_end_ms: int, ts: str, *paused_by: str) -> Health:
    return Health(
        seq=1, stream="live", t_start_ms=t_end_ms, t_end_ms=t_end_ms, ts=ts, source="a microphone", source_ok=True,
        lost_ms=5, lag_ms=7, paused_by=paused_by,
    )  # fmt: skip


def due_s(events: Sequence[Event]) -> list[float]:
    schedule = _Schedule()
    return [schedule.due_s(event) for event in events]


class TestSchedule:
    def test_events_come_by_the_clock_of_the_stream(self) -> None:
        assert due_s([HELLO, estimate(250), estimate(500), estimate(400), estimate(750)]) == [0, 0.25, 0.5, 0.5, 0.75]

    def test_while_it_stands_still_by_the_wall_clock_and_the_gap_behind_it_takes_no_more(self) -> None:
        pause = [health(1_000, at(1 + 2 * n), "person") for n in range(4)]
        gap = Gap(seq=1, stream="live", t_start_ms=1_000, t_end_ms=7_000, ts=at(7.5), lost_ms=0, reason="paused")
        events = [HELLO, estimate(1_000, at(1)), *pause, gap, estimate(7_250, at(7.75))]
        assert due_s(events) == [0, 1, 1, 3, 5, 7, 7, 7.25]

    def test_a_wall_clock_that_was_set_holds_nothing_up(self) -> None:
        jumps = [HELLO, estimate(1_000, at(1)), health(1_000, at(1_800)), health(1_000, at(3))]
        assert due_s(jumps) == [0, 1, 1 + LONGEST_STILL_S, 1 + LONGEST_STILL_S]

    def test_another_stream_goes_on_where_the_one_before_ended(self) -> None:
        assert due_s([HELLO, estimate(5_000), HELLO, estimate(250)]) == [0, 5, 5, 5.25]

    def test_audio_that_came_faster_than_real_time_is_replayed_at_the_pace_of_the_voice(self) -> None:
        events = [HELLO, *(estimate(250 * n, at(n / 1000)) for n in range(1, 5))]
        assert due_s(events)[-1] == 1.0


def test_without_a_speed_all_comes_at_once() -> None:
    events = [HELLO, *(estimate(1_000_000 * n) for n in range(1, 20))]
    assert list(Replay(events, None, PauseSwitch())) == events


def test_at_a_speed_all_comes_too() -> None:
    events = [HELLO, *(estimate(250 * n) for n in range(1, 20))]
    assert list(Replay(events, 1000.0, PauseSwitch())) == events


def test_a_pause_is_said_and_nothing_else_comes_until_it_ends() -> None:
    switch = PauseSwitch()
    replay = iter(Replay([HELLO, health(250, at(1)), estimate(500)], None, switch))
    assert [next(replay).seq, next(replay).seq] == [0, 1]
    switch.pause("key")
    paused = next(replay)
    assert isinstance(paused, Health)
    assert (paused.paused_by, paused.t_end_ms, paused.lost_ms, paused.seq) == (("person",), 250, 5, 1)
    switch.resume("key")
    resumed = next(replay)
    assert isinstance(resumed, Health)
    assert resumed.paused_by == ()
    assert next(replay) == estimate(500)
    with pytest.raises(StopIteration):
        next(replay)


@pytest.mark.parametrize("paused", [False, True])
def test_it_can_be_ended_from_another_thread(*, paused: bool) -> None:
    switch = PauseSwitch()
    replay = Replay([HELLO, estimate(3_600_000)], 1.0, switch)
    events = iter(replay)
    assert next(events) == HELLO
    if paused:
        switch.pause("key")
        assert isinstance(next(events), Health)
    threading.Timer(0.05, replay.close).start()
    assert list(events) == []
