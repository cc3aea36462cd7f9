"""Resampling in a stream: soxr's one-shot result, whatever the chunking."""

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from emostream.audio import Samples
from emostream.features.resample import Resampler
from tests.support.chunking import chunks, cuts

RATES = [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000]
NOISE = np.random.default_rng(3).uniform(-0.5, 0.5, 20_000).astype(np.float32)


def whole(in_hz: int, out_hz: int, samples: Samples) -> Samples:
    resampler = Resampler(in_hz, out_hz)
    return np.concatenate([resampler.push(samples), resampler.flush()])


@pytest.mark.parametrize("in_hz", RATES)
@settings(max_examples=15)
@given(data=st.data())
def test_any_chunking_equals_one_shot(in_hz: int, data: st.DataObject) -> None:
    audio = NOISE[: data.draw(st.integers(0, len(NOISE)))]
    resampler = Resampler(in_hz, 16_000)
    pieces = [resampler.push(piece) for piece in chunks(audio, data.draw(cuts(len(audio))))]
    np.testing.assert_allclose(np.concatenate([*pieces, resampler.flush()]), whole(in_hz, 16_000, audio), atol=1e-6)


def test_one_sample_at_a_time_equals_one_shot() -> None:
    resampler = Resampler(44_100, 16_000)
    pieces = [resampler.push(NOISE[i : i + 1]) for i in range(4_000)]
    np.testing.assert_allclose(
        np.concatenate([*pieces, resampler.flush()]), whole(44_100, 16_000, NOISE[:4_000]), atol=1e-6
    )


@pytest.mark.parametrize("in_hz", RATES)
def test_it_is_soxrs_own_offline_result(in_hz: int) -> None:
    np.testing.assert_allclose(whole(in_hz, 16_000, NOISE), soxr.resample(NOISE, in_hz, 16_000, "HQ"), atol=1e-6)


@pytest.mark.parametrize("in_hz", RATES)
@pytest.mark.parametrize("n_samples", [0, 1, 160, 4_410, 20_000])
def test_the_length_is_right(in_hz: int, n_samples: int) -> None:
    assert len(whole(in_hz, 16_000, NOISE[:n_samples])) == pytest.approx(n_samples * 16_000 / in_hz, abs=1)


@pytest.mark.parametrize("in_hz", [8_000, 44_100, 48_000])
def test_time_is_kept(in_hz: int) -> None:
    click_s = 0.25
    t = np.arange(in_hz // 2) / in_hz
    click = np.exp(-(((t - click_s) / 0.002) ** 2)).astype(np.float32)
    assert np.argmax(whole(in_hz, 16_000, click)) == pytest.approx(click_s * 16_000, abs=1)


def test_a_tone_keeps_its_level_and_what_would_alias_is_gone() -> None:
    t = np.arange(48_000) / 48_000
    for frequency_hz, level in [(1_000, 1.0), (7_000, 1.0), (9_000, 0.0), (15_000, 0.0)]:
        tone = np.sin(2 * np.pi * frequency_hz * t).astype(np.float32)
        middle = whole(48_000, 16_000, tone)[2_000:-2_000]
        assert np.sqrt(2 * np.mean(middle**2)) == pytest.approx(level, abs=0.01)


def test_equal_rates_pass_through_untouched_and_at_once() -> None:
    resampler = Resampler(16_000, 16_000)
    assert resampler.push(NOISE) is NOISE
    assert resampler.flush().shape == (0,)


def test_what_is_held_back_is_short() -> None:
    resampler = Resampler(44_100, 16_000)
    given_samples = sum(len(resampler.push(piece)) for piece in np.split(NOISE, 100))
    held_back_ms = 1000 * (len(NOISE) / 44_100 - given_samples / 16_000)
    assert 0 <= held_back_ms < 60


@pytest.mark.parametrize("end", ["reset", "flush"])
def test_after_reset_or_flush_it_equals_a_new_one(end: str) -> None:
    resampler = Resampler(44_100, 16_000)
    resampler.push(NOISE[:7_777])
    getattr(resampler, end)()
    again = np.concatenate([resampler.push(NOISE), resampler.flush()])
    np.testing.assert_array_equal(again, whole(44_100, 16_000, NOISE))


@pytest.mark.parametrize("in_hz", RATES)
def test_samples_are_float32(in_hz: int) -> None:
    resampler = Resampler(in_hz, 16_000)
    assert resampler.push(NOISE).dtype == np.float32
    assert resampler.flush().dtype == np.float32
