"""The temperature that makes confidence honest."""

import numpy as np
import pytest

from streamer.model import softmax
from trainer.calibration import fit_temperature


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
