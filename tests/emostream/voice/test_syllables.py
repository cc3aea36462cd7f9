"""Syllable nuclei in levels and voicing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emostream.voice.syllables import SyllableCounter


def counted(levels_db: list[float], voiced: list[bool] | None = None, loudest_db: float = 0.0) -> int:
    counter = SyllableCounter()
    counter.push(np.array(levels_db, float), np.array(voiced or [True] * len(levels_db)))
    return counter.count(loudest_db)


def test_peaks_between_dips_count() -> None:
    assert counted([-30, -10, -5, -10, -4, -20, -5, -30]) == 3


def test_a_dip_of_less_than_two_decibels_is_none() -> None:
    assert counted([-30, -5, -6.9, -5, -30]) == 1
    assert counted([-30, -5, -7.1, -5, -30]) == 2


def test_a_peak_without_voice_is_none() -> None:
    assert counted([-30, -5, -30, -5, -30], [False, True, True, False, True]) == 1


def test_a_peak_far_below_the_loudest_moments_is_none() -> None:
    assert counted([-60, -5, -60, -31, -60]) == 1
    assert counted([-60, -5, -60, -24, -60]) == 2


def test_a_peak_that_the_end_cuts_off_counts() -> None:
    assert counted([-30, -5, -30, -5]) == 2
    assert counted([-30, -5, -30, -5, -6]) == 2


def test_nothing_is_no_syllable() -> None:
    assert counted([]) == 0


@given(steps=st.lists(st.integers(-85, 0), max_size=60), cut=st.integers(0, 60), gain_db=st.sampled_from([-20, 10]))
def test_pieces_and_gain_change_nothing(steps: list[int], cut: int, gain_db: float) -> None:
    # No level lies on the edge of a bin, and no dip is of just two decibels: there rounding decides.
    levels = 0.7 * np.array(steps, float) + 0.05
    whole, pieces = SyllableCounter(), SyllableCounter()
    whole.push(levels, np.ones(len(levels), bool))
    for part in (levels[:cut], levels[cut:]):
        pieces.push(part + gain_db, np.ones(len(part), bool))
    assert pieces.count(-3.5 + gain_db) == whole.count(-3.5)


def test_memory_does_not_grow() -> None:
    counter = SyllableCounter()
    sizes = []
    for _ in range(20):
        counter.push(np.tile([-40.0, -5.0], 1_000), np.ones(2_000, bool))
        sizes.append(sum(getattr(value, "size", 1) for value in vars(counter._peaks).values()))
    assert len(set(sizes)) == 1
    assert counter.count(0.0) == pytest.approx(20_000, abs=1)
