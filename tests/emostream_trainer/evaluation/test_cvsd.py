"""The headset's codec: a bit 64,000 times a second follows a voice, and no faster than its steps may grow."""

import numpy as np
import pytest

from emostream.audio import Samples
from emostream_trainer.evaluation.cvsd import FULL_SCALE, LEAST_STEP, SAMPLE_RATE_HZ, cvsd


def _tone(hz: float, level: float) -> Samples:
    return (level * np.sin(2 * np.pi * hz * np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ)).astype(np.float32)


def _snr_db(audio: Samples) -> float:
    return float(10 * np.log10(np.mean(audio**2) / np.mean((cvsd(audio) - audio) ** 2)))


def test_a_tone_comes_back_in_its_place() -> None:
    tone = _tone(800, 0.1)
    heard = cvsd(tone)
    assert heard.dtype == np.float32
    assert heard.shape == tone.shape
    assert _snr_db(tone) > 20
    assert not np.array_equal(heard, tone)


def test_what_rises_too_steeply_is_not_followed() -> None:
    assert _snr_db(_tone(800, 0.1)) - _snr_db(_tone(3_000, 0.8)) > 10


def test_silence_is_a_little_idle_noise() -> None:
    idle = cvsd(np.zeros(4_000, np.float32))
    assert np.abs(idle).max() < 2 * LEAST_STEP / FULL_SCALE


@pytest.mark.parametrize("length", [0, 1, 7, 801])
def test_any_length_is_kept(length: int) -> None:
    assert cvsd(np.full(length, 0.1, np.float32)).shape == (length,)
