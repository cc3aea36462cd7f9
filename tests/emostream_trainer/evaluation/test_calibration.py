"""What makes confidence honest."""

import numpy as np
import pytest

from emostream.inference.probabilities import logarithmic_pool, softmax
from emostream_trainer.evaluation.calibration import cross_fitted, fit_temperature, pool_weights


@pytest.mark.parametrize("known", [0.5, 1.0, 2.5])
def test_a_known_temperature_is_found_again(known: float) -> None:
    rng = np.random.default_rng(3)
    logits = rng.normal(0, 2, (20_000, 4)).astype(np.float32)
    p = softmax(logits / np.float32(known))
    labels = (rng.random((len(p), 1)) > p.cumsum(axis=1)).sum(axis=1).clip(0, 3)
    assert fit_temperature(logits, labels) == pytest.approx(known, rel=0.05)


def test_it_stays_in_its_bounds_where_the_network_is_always_or_never_right() -> None:
    logits = np.eye(4, dtype=np.float32).repeat(5, axis=0)
    labels = np.arange(4).repeat(5)
    assert fit_temperature(logits, labels) == pytest.approx(0.1, rel=0.01)
    assert fit_temperature(logits, (labels + 1) % 4) == pytest.approx(10, rel=0.01)


def test_what_is_too_timid_alone_gets_a_weight_above_one() -> None:
    # Always .6 for the label that is right in nine of ten: .9 is honest, and .6 ** w stands to .4 ** w as 9 to 1.
    p = np.tile([0.6, 0.4], (1, 100, 1))
    truth = np.array([1] * 10 + [0] * 90)
    expected = np.log(9) / np.log(0.6 / 0.4)
    assert pool_weights(p, truth) == (pytest.approx(expected, rel=1e-2),)
    silence = np.concatenate([p, np.zeros((1, 50, 2))], axis=1)
    assert pool_weights(silence, np.append(truth, np.ones(50, int))) == (pytest.approx(expected, rel=1e-2),)


def test_who_knows_is_believed_and_who_guesses_is_not() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 4_000)
    knows = softmax(1.5 * np.eye(4)[truth] + rng.normal(0, 1, (4_000, 4)))
    guesses = softmax(rng.normal(0, 1, (4_000, 4)))
    believed, ignored = pool_weights(np.stack([knows, guesses]), truth)
    assert believed == pytest.approx(1.5, rel=0.1)
    assert ignored == pytest.approx(0.0, abs=0.1)
    # Two who err apart say more together than either alone.
    also = softmax(1.5 * np.eye(4)[truth] + rng.normal(0, 1, (4_000, 4)))
    both = np.stack([knows, also])
    weights = pool_weights(both, truth)
    assert weights == (pytest.approx(1.5, rel=0.15), pytest.approx(1.5, rel=0.15))
    right = [
        (p.argmax(axis=1) == truth).mean() for p in (knows, also, logarithmic_pool(both.astype(np.float32), weights))
    ]
    assert right[2] > max(right[:2]) + 0.05


def test_who_is_mostly_wrong_is_believed_a_little_for_a_pool_has_an_opinion() -> None:
    p = np.tile([0.6, 0.4], (2, 100, 1))
    assert pool_weights(p, np.ones(100, int)) == (0.01, 0.01)


def test_a_folds_weights_are_those_of_the_other_folds() -> None:
    p = np.tile([0.6, 0.4], (1, 200, 1))
    honest, timid = np.array([0] * 60 + [1] * 40), np.array([0] * 90 + [1] * 10)
    found = cross_fitted(p, np.concatenate([honest, timid]), np.repeat([0, 3], 100))
    assert found == {0: (pytest.approx(5.42, rel=1e-2),), 3: (pytest.approx(1.0, rel=1e-2),)}
