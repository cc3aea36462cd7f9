"""The state of the server's own microphone, by events and a clock that the test sets."""

import msgspec
import pytest

from emostream.events import Error, Event, Gap, Health
from emostream.server.live_source import DEAF_S, STUCK_S, LiveSource
from tests.support.stream_events import estimate, gap, hello


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def source(clock: Clock) -> LiveSource:
    return LiveSource(clock)


def health(*, ok: bool = True, paused_by: tuple[str, ...] = (), lag_ms: float = 12.0) -> Health:
    return Health(
        seq=9,
        stream="live",
        t_start_ms=0,
        t_end_ms=0,
        source="Desk",
        source_ok=ok,
        lost_ms=0,
        lag_ms=lag_ms,
        paused_by=paused_by,  # type: ignore[arg-type]
    )


def trouble(message: str) -> Error:
    return Error(seq=9, stream="live", t_start_ms=0, t_end_ms=0, code="source", message=message)


def note(source: LiveSource, clock: Clock, *events: Event, after_s: float = 0.0) -> None:
    clock.now_s += after_s
    for event in events:
        source.note(event)


def test_it_starts_is_well_and_is_paused(source: LiveSource, clock: Clock) -> None:
    note(source, clock, hello(), health())
    assert source.report().status == "starting"
    note(source, clock, estimate(1), after_s=1)
    clock.now_s += 0.5
    report = source.report()
    assert (report.status, report.last_estimate_s, report.last_sound_s, report.lag_s) == ("ok", 0.5, 0.5, 0.012)
    assert source.is_up
    note(source, clock, health(paused_by=("person",)), after_s=8)
    note(source, clock, health(paused_by=("person",)), after_s=8)
    report = source.report()
    assert (report.status, report.reason, report.paused_by, report.lost_s) == ("paused", "", ("person",), 0.0)
    assert source.is_paused
    assert not source.is_up


def test_a_loss_grows_while_it_lasts_and_does_not_fall_when_the_gap_says_how_long_it_was(
    source: LiveSource, clock: Clock
) -> None:
    note(source, clock, estimate(1))
    note(source, clock, trouble("it has gone: plug it in"), health(ok=False), after_s=2)
    assert source.lost_s == pytest.approx(2)
    note(source, clock, health(ok=False), after_s=4)
    report = source.report()
    assert (report.status, report.reason, report.lost_s) == ("failed", "it has gone: plug it in", 6.0)
    note(source, clock, gap(2, lost_ms=5800.0), estimate(30), health())
    assert source.lost_s == pytest.approx(6)
    assert source.report().status == "ok"
    assert source.restarts == 1
    note(source, clock, gap(40, lost_ms=1000.0), estimate(50), after_s=4)
    assert source.lost_s == pytest.approx(6.8)


def test_zeros_are_trouble_and_no_loss(source: LiveSource, clock: Clock) -> None:
    quiet = msgspec.structs.replace(estimate(1, speech=False), level_dbfs=-200.0)
    note(source, clock, quiet)
    note(source, clock, trouble("nothing but zeros"), health(ok=False), quiet, after_s=0.25)
    clock.now_s += 1
    report = source.report()
    assert (report.status, report.reason, report.lost_s) == ("failed", "nothing but zeros", 0.0)
    assert report.last_sound_s is None


def test_a_source_that_says_nothing_is_deaf_and_a_thread_that_says_nothing_is_stuck(
    source: LiveSource, clock: Clock
) -> None:
    note(source, clock, estimate(1))
    note(source, clock, health(), after_s=DEAF_S + 1)
    report = source.report()
    assert (report.status, report.reason) == ("failed", "no sound has come for 5 s")
    assert source.is_alive
    clock.now_s += STUCK_S + 1
    assert not source.is_alive
    assert "stuck" in source.report().reason


def test_a_pause_is_no_loss_even_of_a_device_that_was_away(source: LiveSource, clock: Clock) -> None:
    note(source, clock, estimate(1))
    note(source, clock, health(ok=False), after_s=3)
    lost_s = source.lost_s
    note(source, clock, health(paused_by=("schedule",)))
    clock.now_s += 5
    assert source.lost_s == lost_s
    paused = Gap(seq=3, stream="live", t_start_ms=0, t_end_ms=5000, lost_ms=0, reason="paused")
    note(source, clock, health(), paused, estimate(9))
    assert source.lost_s == lost_s
