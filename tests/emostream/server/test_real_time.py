"""When audio is ahead of real time, with times that the test sets."""

from emostream.server.real_time import MOST_CREDIT_S, MOST_DEBT_S, RealTimeCredit

STEP_S = 0.25


def steps_until_spent(credit: RealTimeCredit, now_s: float) -> int:
    """How many steps are read at one moment before the audio is ahead."""
    steps = 0
    while not credit.is_spent(now_s):
        credit.spend(STEP_S, now_s)
        steps += 1
    return steps


def test_audio_in_real_time_is_never_ahead() -> None:
    credit = RealTimeCredit(100.0)
    for step in range(1, 1000):
        now_s = 100.0 + step * STEP_S
        assert not credit.is_spent(now_s)
        credit.spend(STEP_S, now_s)


def test_silence_saves_no_more_than_the_credit() -> None:
    credit = RealTimeCredit(100.0)
    at_once = round(MOST_CREDIT_S / STEP_S)
    assert steps_until_spent(credit, 100.0) == at_once
    assert steps_until_spent(credit, 10_000.0) == at_once


def test_after_a_file_real_time_counts_again_within_the_debt() -> None:
    credit = RealTimeCredit(100.0)
    credit.spend(600.0, 100.0)
    assert credit.is_spent(100.0 + MOST_DEBT_S)
    assert not credit.is_spent(100.01 + MOST_DEBT_S)


def test_who_was_not_silent_has_saved_all_of_the_time() -> None:
    credit = RealTimeCredit(100.0)
    credit.spend(20.0, 120.0, was_silent=False)
    assert not credit.is_spent(120.0), "twenty seconds of audio in twenty seconds"
    credit.spend(2 * MOST_CREDIT_S, 120.0, was_silent=False)
    assert credit.is_spent(120.0)
