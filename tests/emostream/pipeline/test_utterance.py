"""One prediction over many windows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emostream.pipeline.utterance import Prediction, UtteranceMean, by_label

LABELS = ("happy", "neutral", "sad")

vectors = st.lists(st.floats(0.01, 1), min_size=3, max_size=3).map(lambda v: (np.array(v) / sum(v)).astype(np.float32))


def prediction_of(*windows: tuple[list[float], float], on_threshold: float = 0.45) -> Prediction:
    mean = UtteranceMean(LABELS, on_threshold)
    for p, weight in windows:
        mean.add(np.array(p, np.float32), weight)
    return mean.prediction()


def test_nothing_heard_is_no_label() -> None:
    assert prediction_of() == Prediction({}, None, 0.0)


def test_windows_without_speech_count_for_nothing() -> None:
    assert prediction_of(([1, 0, 0], 0)) == Prediction({}, None, 0.0)
    assert prediction_of(([1, 0, 0], 0), ([0, 0, 1], 10)).label == "sad"


def test_windows_weigh_by_the_speech_they_hold() -> None:
    predicted = prediction_of(([1, 0, 0], 8_000), ([0, 0, 1], 24_000))
    assert predicted.p == {"happy": 0.25, "neutral": 0.0, "sad": 0.75}
    assert predicted.label == "sad"
    assert predicted.confidence == 0.75


def test_it_abstains_below_its_threshold_and_names_at_it() -> None:
    assert prediction_of(([0.4375, 0.3125, 0.25], 1), on_threshold=0.4376).label is None
    assert prediction_of(([0.4375, 0.3125, 0.25], 1), on_threshold=0.4375).label == "happy"
    assert prediction_of(([0.44, 0.3, 0.26], 1)).confidence == 0.44


def test_two_means_share_nothing() -> None:
    first, second = UtteranceMean(LABELS, 0.45), UtteranceMean(LABELS, 0.45)
    first.add(np.array([1, 0, 0], np.float32), 1)
    assert second.prediction().p == {}


@given(windows=st.lists(st.tuples(vectors, st.integers(0, 48_000)), max_size=20))
def test_a_prediction_is_a_weighted_mean_in_any_order(windows: list[tuple[np.ndarray, int]]) -> None:
    forward, backward = UtteranceMean(LABELS, 0.45), UtteranceMean(LABELS, 0.45)
    for p, weight in windows:
        forward.add(p, weight)
    for p, weight in reversed(windows):
        backward.add(p, weight)
    predicted = forward.prediction()
    weights = [weight for _, weight in windows]
    if not any(weights):
        assert predicted == Prediction({}, None, 0.0)
        return
    mean = np.average([p for p, _ in windows], axis=0, weights=weights)
    assert list(predicted.p) == list(LABELS)
    assert list(predicted.p.values()) == pytest.approx(mean, abs=1e-4)
    assert list(backward.prediction().p.values()) == pytest.approx(mean, abs=1e-4)
    assert predicted.confidence == max(predicted.p.values())
    assert predicted.label is None or predicted.p[predicted.label] == predicted.confidence


def test_probabilities_in_events_are_by_label_to_four_places() -> None:
    assert by_label(LABELS, np.array([0.123449, 0.5, 0.376551])) == {"happy": 0.1234, "neutral": 0.5, "sad": 0.3766}
    with pytest.raises(ValueError, match="zip"):
        by_label(LABELS, np.array([0.5, 0.5]))
