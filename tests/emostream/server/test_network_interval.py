"""When networks run more rarely because audio waits, with a clock that the test sets."""

import pytest

from emostream.server.network_interval import LONGEST, PERIOD_S, NetworkInterval

LATE_S, PROMPT_S = 0.3, 0.01
STEPS = 20


def wait(interval: NetworkInterval, periods: range, waited_s: float, late: int = STEPS) -> list[int]:
    """The value after each of these periods, in each of which steps came, so many of them after ``waited_s``."""
    values = []
    for period in periods:
        for step in range(STEPS):
            interval.note(waited_s if step < late else PROMPT_S, (period + step / STEPS) * PERIOD_S)
        interval.update((period + 1) * PERIOD_S)
        values.append(interval.value)
    return values


def test_it_grows_while_audio_waits_and_shrinks_when_it_no_longer_does() -> None:
    interval = NetworkInterval(0)
    assert wait(interval, range(9), LATE_S) == [1, 2, 2, 4, 4, 8, 8, 8, 8]
    assert interval.value == LONGEST
    assert wait(interval, range(9, 71), PROMPT_S) == [8] * 19 + [4] * 20 + [2] * 20 + [1] * 3


@pytest.mark.parametrize("late", [0, 1])
def test_what_waits_now_and_then_changes_nothing(late: int) -> None:
    interval = NetworkInterval(0)
    assert set(wait(interval, range(60), LATE_S, late)) == {1}


def test_a_moment_of_waiting_changes_nothing() -> None:
    interval = NetworkInterval(0)
    for begin in range(0, 60, 2):
        wait(interval, range(begin, begin + 1), LATE_S)
        assert wait(interval, range(begin + 1, begin + 2), PROMPT_S) == [1]


def test_without_audio_it_shrinks_too() -> None:
    interval = NetworkInterval(0)
    wait(interval, range(4), LATE_S)
    interval.update(24 * PERIOD_S)
    assert interval.value == 2
    interval.update(10_000)
    assert interval.value == 1
