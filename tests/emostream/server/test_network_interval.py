"""When networks run more rarely because audio waits, with a clock that the test sets."""

import pytest

from emostream.server.network_interval import LONGEST, NetworkInterval

LATE_S, PROMPT_S = 0.3, 0.01


def wait(interval: NetworkInterval, seconds: range, waited_s: float, late: int = 20) -> list[int]:
    """The value after each of these seconds, in each of which 20 steps came, so many of them after ``waited_s``."""
    values = []
    for second in seconds:
        for step in range(20):
            interval.note(waited_s if step < late else PROMPT_S, second + step / 20)
        interval.update(second + 1)
        values.append(interval.value)
    return values


def test_it_grows_while_audio_waits_and_shrinks_when_it_no_longer_does() -> None:
    interval = NetworkInterval(0)
    assert wait(interval, range(7), LATE_S) == [1, 2, 2, 4, 4, 4, 4]
    assert interval.value == LONGEST
    assert wait(interval, range(7, 29), PROMPT_S) == [4] * 9 + [2] * 10 + [1] * 3


@pytest.mark.parametrize("late", [0, 1])
def test_what_waits_now_and_then_changes_nothing(late: int) -> None:
    interval = NetworkInterval(0)
    assert set(wait(interval, range(30), LATE_S, late)) == {1}


def test_a_moment_of_waiting_changes_nothing() -> None:
    interval = NetworkInterval(0)
    for begin in range(0, 30, 2):
        wait(interval, range(begin, begin + 1), LATE_S)
        assert wait(interval, range(begin + 1, begin + 2), PROMPT_S) == [1]


def test_without_audio_it_shrinks_too() -> None:
    interval = NetworkInterval(0)
    wait(interval, range(4), LATE_S)
    interval.update(14)
    assert interval.value == 2
    interval.update(10_000)
    assert interval.value == 1
