"""Rows of a picture, and where its words stand."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emostream.sinks.palette import label_letters
from emostream.timelines.pictures.layout import Row, rows_of, seconds_between_ticks, words_of
from emostream.timelines.timeline import Timeline, TimelineUtterance
from tests.support.stream_events import LABELS, hello

LETTERS = label_letters(LABELS)


def talk(seconds: float, utterances: Sequence[TimelineUtterance] = ()) -> Timeline:
    return Timeline(hello=hello(), length_ms=round(1000 * seconds), utterances=tuple(utterances), gaps=())


def said(start_ms: int, end_ms: int, label: str | None, confidence: float = 0.6) -> TimelineUtterance:
    return TimelineUtterance(start_ms, end_ms, label, {label or "sad": confidence}, confidence)


@pytest.mark.parametrize(
    ("seconds", "rows", "row_s"),
    [
        ([35], 1, 35),
        ([75], 1, 75),
        ([76], 2, 60),
        ([3600], 6, 600),
        ([86_400], 6, 14_400),
        ([30, 60, 45], 3, 60),
        ([1200, 1200, 1200], 6, 600),
        ([10] * 20, 20, 10),
        ([0], 1, 0.001),
    ],
)
def test_long_recordings_fold_into_rows_of_one_length(seconds: list[float], rows: int, row_s: float) -> None:
    found = rows_of([talk(length) for length in seconds])
    assert len(found) == rows
    assert {(row.end_ms - row.start_ms) / 1000 for row in found} == {row_s}
    assert sum(row.is_first for row in found) == len(seconds)


def test_a_word_says_as_much_as_has_room() -> None:
    row = Row(
        talk(100, [said(0, 50_000, "sad"), said(60_000, 64_000, "happy"), said(80_000, 81_000, None)]), 0, 100_000
    )
    assert [word.text for word in words_of(row, LETTERS, 800, 10)] == ["sad 60%", "happy", "?"]


def test_neighbours_of_one_label_share_a_word() -> None:
    row = Row(talk(100, [said(0, 2_000, "sad"), said(2_500, 4_500, "sad", 0.9), said(5_000, 7_000, "sad")]), 0, 100_000)
    words = list(words_of(row, LETTERS, 800, 10))
    assert [(word.text, word.confidence) for word in words] == [("sad", 0.9)]
    assert words[0].middle_points == pytest.approx(28)


@given(st.integers(0, 10_000), st.floats(1, 60))
def test_no_word_touches_another_or_leaves_the_row(seed: int, mean_s: float) -> None:
    rng = random.Random(seed)
    utterances, at = [], 0
    while at < 600_000:
        start, at = at + rng.randrange(2_000), at + 2_000 + round(rng.expovariate(1 / mean_s) * 1000)
        utterances.append(said(start, at, rng.choice([*LABELS, None])))
    points, size = 850.0, 8.5
    free = 0.0
    for word in words_of(Row(talk(600, utterances), 0, 600_000), LETTERS, points, size):
        half = 0.62 * word.size * len(word.text) / 2
        assert word.middle_points - half >= free - 1e-6
        free = word.middle_points + half
    assert free <= points + 1e-6


@given(st.floats(0.01, 200_000))
def test_an_axis_has_some_times_and_not_too_many(length_s: float) -> None:
    assert length_s / seconds_between_ticks(length_s) <= 60
