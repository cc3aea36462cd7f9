"""Clips as they arrive by telephone."""

import numpy as np
import pytest

from emostream.audio import Samples
from emostream_trainer.data.telephone_line import LEVEL_DBFS, by_telephone

HZ = 16_000


def _power_db(audio: Samples, low_hz: float, high_hz: float) -> float:
    spectrum = np.abs(np.fft.rfft(audio)) ** 2
    hz = np.fft.rfftfreq(len(audio), 1 / HZ)
    return float(10 * np.log10(spectrum[(hz >= low_hz) & (hz < high_hz)].mean()))


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_left_above_the_band(recording: Samples, seed: int) -> None:
    speech = recording[: 3 * HZ]
    heard = by_telephone(speech, np.random.default_rng(seed))
    assert heard.shape == speech.shape
    assert heard.dtype == np.float32
    assert _power_db(heard, 1_000, 3_200) - _power_db(heard, 4_300, 8_000) > 30
    level = 20 * np.log10(np.sqrt(np.mean(heard**2)))
    assert LEVEL_DBFS[0] - 0.1 < level < LEVEL_DBFS[1] + 0.1


def test_the_line_is_drawn(recording: Samples) -> None:
    speech = recording[:HZ]
    once, again, other = (by_telephone(speech, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(once, again)
    assert not np.allclose(once, other, atol=1e-3)
