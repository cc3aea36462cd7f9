"""Listeners' scores, counted by hand."""

from dataclasses import replace

import pytest

from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import FOUR
from emostream_trainer.evaluation.listeners import majority, single_listeners
from tests.support.tiny_training import made_up_clips

VOTES = [
    ("sad", {"sad": 0.6, "neutral": 0.4}),
    ("sad", {"disgust": 0.5, "sad": 0.3, "neutral": 0.2}),
    ("sad", {"sad": 0.4, "neutral": 0.4, "happy": 0.2}),
    ("neutral", {"neutral": 0.5, "calm": 0.3, "sad": 0.2}),
]


def _clips() -> list[Clip]:
    clips = made_up_clips([emotion for emotion, _ in VOTES])
    return [replace(clip, votes=votes) for clip, (_, votes) in zip(clips, VOTES, strict=True)]


def test_single_listeners_are_right_by_their_share() -> None:
    found = single_listeners(_clips(), FOUR)
    assert found.accuracy == pytest.approx((0.6 + 0.3 + 0.4 + 0.8) / 4)  # calm counts as neutral
    assert found.uar == pytest.approx(((0.6 + 0.3 + 0.4) / 3 + 0.8) / 2)


def test_the_majority_may_be_of_another_emotion_and_a_tie_counts_in_part() -> None:
    found = majority(_clips(), FOUR)
    assert found.accuracy == pytest.approx((1 + 0 + 0.5 + 1) / 4)
    assert found.uar == pytest.approx(((1 + 0 + 0.5) / 3 + 1) / 2)


def test_among_the_labels_alone_other_emotions_do_not_count() -> None:
    found = majority(_clips(), FOUR, among_labels=True)
    assert found.accuracy == pytest.approx((1 + 1 + 0.5 + 1) / 4)
    nobody = [replace(_clips()[0], votes={"disgust": 1.0})]
    assert majority(nobody, FOUR, among_labels=True).accuracy == 0.0
