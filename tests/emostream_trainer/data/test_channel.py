"""Each disturbance does what its name says, as measured on the audio."""

import numpy as np
import pytest

from emostream.audio import Samples
from emostream_trainer.data.channel import (
    TELEPHONE_HZ,
    add_offset,
    at_rate,
    band_limit,
    saturate,
    telephone,
)
from emostream_trainer.data.codecs import GSM, MU_LAW, Codec

RATE_HZ = 16_000
NOISE = np.random.default_rng(4).normal(0, 0.1, 2 * RATE_HZ).astype(np.float32)


def _tone(hz: float, level: float = 0.1) -> Samples:
    return (level * np.sin(2 * np.pi * hz * np.arange(RATE_HZ) / RATE_HZ)).astype(np.float32)


def _power_db(audio: Samples, from_hz: float, to_hz: float, sample_rate_hz: int = RATE_HZ) -> float:
    """The mean power of a band in dB, under a window that lets little through from elsewhere."""
    spectrum = np.abs(np.fft.rfft(audio * np.blackman(len(audio)))) ** 2
    hz = np.fft.rfftfreq(len(audio), 1 / sample_rate_hz)
    return float(10 * np.log10(spectrum[(hz >= from_hz) & (hz < to_hz)].mean() + 1e-30))


@pytest.mark.parametrize("high_hz", [3_400.0, 5_000.0, 7_000.0])
@pytest.mark.parametrize("low_hz", [50.0, 300.0])
def test_outside_a_band_is_nothing_and_inside_all(low_hz: float, high_hz: float) -> None:
    limited = band_limit(NOISE, low_hz, high_hz, RATE_HZ)
    assert limited.dtype == np.float32
    assert limited.shape == NOISE.shape
    middle = (low_hz + 60, high_hz - 60)
    assert _power_db(limited, *middle) == pytest.approx(_power_db(NOISE, *middle), abs=0.1)
    assert _power_db(limited, *middle) - _power_db(limited, high_hz + 10, 8_000) > 60
    assert _power_db(limited, *middle) - _power_db(limited, 0, low_hz - 10) > 60


def test_without_limits_a_band_is_the_audio() -> None:
    assert np.allclose(band_limit(NOISE, 0, 8_000, RATE_HZ), NOISE, atol=1e-6)


def test_a_band_has_no_delay_and_what_ends_the_clip_does_not_begin_it() -> None:
    click = np.zeros(RATE_HZ, np.float32)
    click[RATE_HZ // 2] = 1
    assert np.abs(band_limit(click, 300, 3_400, RATE_HZ)).argmax() == RATE_HZ // 2
    last = np.roll(click, RATE_HZ // 2 - 1)
    assert np.abs(band_limit(last, 300, 3_400, RATE_HZ)[: RATE_HZ // 2]).max() < 1e-4


def test_a_telephone_has_nothing_below_300_hz_nor_above_3400() -> None:
    heard = telephone(NOISE, None, RATE_HZ)
    assert heard.shape == (len(NOISE) // 2,)
    speech = _power_db(heard, 400, 3_300, TELEPHONE_HZ)
    assert speech - _power_db(heard, 0, 290, TELEPHONE_HZ) > 60
    assert speech - _power_db(heard, 3_410, 4_000, TELEPHONE_HZ) > 60


@pytest.mark.parametrize("codec", [MU_LAW, GSM])
def test_a_telephones_codec_is_heard(codec: Codec) -> None:
    clean, coded = telephone(NOISE, None, RATE_HZ), telephone(NOISE, codec, RATE_HZ)
    assert coded.shape == clean.shape
    error_db = 10 * np.log10(np.mean((coded - clean) ** 2) / np.mean(clean**2))
    assert -60 < error_db < -1


def test_back_at_the_models_rate_a_telephone_call_is_in_its_place() -> None:
    tone = _tone(1_000)
    heard = at_rate(telephone(tone, None, RATE_HZ), TELEPHONE_HZ, RATE_HZ, len(tone))
    assert heard.shape == tone.shape
    assert np.allclose(heard[2_000:-2_000], tone[2_000:-2_000], atol=2e-3)


@pytest.mark.parametrize("length", [0, 1, 99, 1_000])
def test_at_another_rate_it_is_as_long_as_asked(length: int) -> None:
    assert at_rate(NOISE[:99], 8_000, RATE_HZ, length).shape == (length,)


def test_hard_saturation_clips_peaks_and_leaves_the_rest() -> None:
    driven = saturate(_tone(100), 6.0, soft=False)
    assert np.abs(driven).max() == 1
    assert 0.6 < np.mean(np.abs(driven) == 1) < 0.7, "a sine is over half its peak for two thirds of the time"
    below = np.abs(driven) < 1
    assert np.allclose(driven[below], (10 * 10 ** (6 / 20) * _tone(100))[below], atol=1e-5)


def test_soft_saturation_bends_and_never_reaches_full_scale() -> None:
    driven = saturate(_tone(100), 12.0, soft=True)
    assert 0.99 < np.abs(driven).max() < 1
    spectrum = np.abs(np.fft.rfft(driven))
    assert spectrum[300] > 0.1 * spectrum[100], "its distortion is a third harmonic"
    assert spectrum[200] < 1e-3 * spectrum[100]


@pytest.mark.parametrize("soft", [False, True])
def test_silence_is_not_driven(soft: bool) -> None:
    assert not saturate(np.zeros(10, np.float32), 12.0, soft=soft).any()
    assert saturate(np.zeros(0, np.float32), 12.0, soft=soft).shape == (0,)


@pytest.mark.parametrize("offset", [-0.05, 0.05])
def test_an_offset_moves_the_mean_alone(offset: float) -> None:
    moved = add_offset(_tone(300), offset)
    assert moved.dtype == np.float32
    assert moved.mean() == pytest.approx(offset, abs=1e-6)
    assert np.allclose(moved - offset, _tone(300), atol=1e-6)


def test_an_offset_clips_what_passes_full_scale() -> None:
    moved = add_offset(_tone(300, level=0.99), 0.05)
    assert moved.max() == 1
    assert moved.min() == pytest.approx(-0.94, abs=1e-3)
