"""Which emotions count as which label."""

from pathlib import Path

import numpy as np
import pytest

from emostream.errors import NoInputError, UsageError
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import FOUR, LabelSet, label_set


def _clip(emotion: str, votes: dict[str, float] | None = None) -> Clip:
    return Clip(Path(f"{emotion}.wav"), "made", "en", "made-1", "", emotion, "", "", votes=votes)


def test_the_four_labels_in_their_order_with_calm_as_neutral() -> None:
    assert FOUR.labels == ("angry", "happy", "neutral", "sad")
    assert [FOUR.index(emotion) for emotion in ("angry", "happy", "neutral", "sad", "calm")] == [0, 1, 2, 3, 2]
    assert [FOUR.index(emotion) for emotion in ("fearful", "disgust", "surprised", "boredom")] == [None] * 4


def test_other_emotions_are_left_out() -> None:
    clips = [_clip(emotion) for emotion in ("sad", "fearful", "calm", "angry", "happy", "disgust")]
    kept = FOUR.keep(clips)
    assert [clip.emotion for clip in kept] == ["sad", "calm", "angry", "happy"]
    assert FOUR.indices(kept).tolist() == [3, 2, 0, 1]


def test_a_label_without_a_clip_is_refused_with_what_was_found() -> None:
    with pytest.raises(NoInputError, match=r"found no clip of angry, happy \(found sad 2, calm 1\)"):
        FOUR.keep([_clip("sad"), _clip("calm"), _clip("sad")])


def test_calm_is_neutral_only_where_it_is_not_named_and_neutral_is() -> None:
    assert label_set("calm,neutral,sad").index("calm") == 0
    assert label_set("happy,sad").index("calm") is None
    assert label_set("neutral,sad+calm").index("calm") == 1
    assert label_set("happy, neutral, sad").labels == ("happy", "neutral", "sad")


def test_a_plus_joins_emotions_under_the_first() -> None:
    labels = label_set("negative+angry+sad+fearful,positive+happy,neutral")
    assert labels.labels == ("negative", "positive", "neutral")
    assert [labels.index(emotion) for emotion in ("fearful", "happy", "calm", "disgust")] == [0, 1, 2, None]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "found an empty name in ''"),
        ("sad", "found labels sad, expected two or more"),
        ("sad,sad", "found an emotion twice in 'sad,sad'"),
        ("angry,sad+angry", "found an emotion twice"),
        ("angry,,sad", "found an empty name"),
        ("angry+,sad", "found an empty name"),
    ],
)
def test_a_wrong_label_set_is_refused(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        label_set(text)


def test_an_emotion_cannot_count_as_what_is_no_label() -> None:
    with pytest.raises(UsageError, match="found 'calm' counted as 'neutral', expected a label: angry, sad"):
        LabelSet(("angry", "sad"), {"calm": "neutral"})


def test_targets_are_one_hot() -> None:
    targets = FOUR.targets([_clip("happy", {"sad": 1.0}), _clip("calm")])
    assert targets.dtype == np.float32
    assert targets.tolist() == [[0, 1, 0, 0], [0, 0, 1, 0]]


def test_soft_targets_are_the_votes_among_the_labels() -> None:
    clips = [
        _clip("happy", {"happy": 0.25, "neutral": 0.25, "calm": 0.25, "disgust": 0.25}),
        _clip("sad", {"disgust": 1.0}),
        _clip("angry"),
    ]
    targets = FOUR.targets(clips, soft=True)
    expected = np.array([[0, 1 / 3, 2 / 3, 0], [0, 0, 0, 1], [1, 0, 0, 0]])
    assert np.abs(targets - expected).max() < 1e-6


def test_a_clip_that_is_left_out_has_no_place() -> None:
    with pytest.raises(UsageError, match=r"found 'fearful' in fearful\.wav, expected one of angry"):
        FOUR.indices([_clip("fearful")])
