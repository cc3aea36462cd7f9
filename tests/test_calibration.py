"""The temperature that makes confidence honest."""

import numpy as np
import pytest

from streamer.model import softmax
from trainer.calibration import cross_fitted, fit_temperature, pair_temperature, tempered


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


def test_a_temperature_on_probabilities_by_hand() -> None:
    p = np.array([[0.6, 0.3, 0.1], [0.0, 0.0, 0.0]])
    squares = np.array([0.36, 0.09, 0.01]) / 0.46
    assert tempered(p, 0.5) == pytest.approx(np.array([squares, [0, 0, 0]]))
    assert tempered(p, 1.0)[0] == pytest.approx(p[0])


def test_the_label_that_leads_goes_on_to_lead() -> None:
    p = np.random.default_rng(0).dirichlet(np.ones(4), 100)
    for temperature in (0.3, 3.0):
        assert np.array_equal(tempered(p, temperature).argmax(axis=1), p.argmax(axis=1))


def test_what_is_too_timid_gets_a_temperature_below_one() -> None:
    # Always .6 for the label that is right in nine of ten: .9 is honest, and .6 ** (1 / T) stands to .4 as 9 to 1.
    p = np.tile([0.6, 0.4], (100, 1))
    truth = np.array([1] * 10 + [0] * 90)
    expected = np.log(0.6 / 0.4) / np.log(9)
    assert pair_temperature(p, truth) == pytest.approx(expected, rel=1e-2)
    with_silence = pair_temperature(np.vstack([p, np.zeros((50, 2))]), np.append(truth, np.ones(50, int)))
    assert with_silence == pytest.approx(expected, rel=1e-2)


def test_a_folds_temperature_is_that_of_the_other_folds() -> None:
    p = np.tile([0.6, 0.4], (200, 1))
    honest, timid = np.array([0] * 60 + [1] * 40), np.array([0] * 90 + [1] * 10)
    found = cross_fitted(p, np.concatenate([honest, timid]), np.repeat([0, 3], 100))
    assert found == {0: pytest.approx(0.1845, rel=1e-2), 3: pytest.approx(1.0, rel=1e-2)}
