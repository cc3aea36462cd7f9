"""Resampling in a stream: at once, the same bits whatever the chunking, and in the band soxr's own result."""

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from emostream.audio import Samples
from emostream.features.resample import DELAY_SAMPLES, MOST_PHASES, Resampler
from tests.support.chunking import chunks, cuts

# The last two have no phases in common with 16 kHz that a table could hold.
RATES = [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 24_414, 47_999]
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
    np.testing.assert_array_equal(np.concatenate([*pieces, resampler.flush()]), whole(in_hz, 16_000, audio))


def test_one_sample_at_a_time_equals_one_shot() -> None:
    resampler = Resampler(44_100, 16_000)
    pieces = [resampler.push(NOISE[i : i + 1]) for i in range(4_000)]
    np.testing.assert_array_equal(np.concatenate([*pieces, resampler.flush()]), whole(44_100, 16_000, NOISE[:4_000]))


def delay_s(in_hz: int) -> float:
    return 0.0 if in_hz == 16_000 else DELAY_SAMPLES / min(in_hz, 16_000)


# At 11,025 Hz and at the models' own rate the delay is no whole number of samples, and none.
@pytest.mark.parametrize("in_hz", [rate for rate in RATES if rate not in (11_025, 16_000)])
def test_below_fifteen_sixteenths_of_the_band_it_is_soxrs_best_a_little_later(in_hz: int) -> None:
    spectrum = np.fft.rfft(NOISE)
    spectrum[np.fft.rfftfreq(len(NOISE), 1 / in_hz) > 15 / 16 * min(in_hz, 16_000) / 2] = 0
    narrow = np.fft.irfft(spectrum, len(NOISE)).astype(np.float32)
    late = round(delay_s(in_hz) * 16_000)
    expected = soxr.resample(narrow, in_hz, 16_000, "VHQ")[500:-500]
    found = whole(in_hz, 16_000, narrow)[500 + late :][: len(expected)]
    error_db = 10 * np.log10(np.mean((found - expected) ** 2) / np.mean(expected**2))
    assert error_db < (-55 if 16_000 // np.gcd(in_hz, 16_000) <= MOST_PHASES else -50)


@pytest.mark.parametrize("in_hz", RATES)
def test_no_block_waits_for_the_next(in_hz: int) -> None:
    resampler, samples_in, samples_out = Resampler(in_hz, 16_000), 0, 0
    for size in (1, 2, 3, 441, 2_400, 5, 999):
        samples_in += size
        samples_out += len(resampler.push(NOISE[:size]))
        assert samples_out == -(-samples_in * 16_000 // in_hz)


@pytest.mark.parametrize("in_hz", RATES)
@pytest.mark.parametrize("n_samples", [0, 1, 160, 4_410, 20_000])
def test_the_length_is_right(in_hz: int, n_samples: int) -> None:
    assert len(whole(in_hz, 16_000, NOISE[:n_samples])) == pytest.approx(n_samples * 16_000 / in_hz, abs=1)


@pytest.mark.parametrize("in_hz", [8_000, 44_100, 48_000])
def test_time_is_kept_but_for_the_filters_delay(in_hz: int) -> None:
    click_s = 0.25
    t = np.arange(in_hz // 2) / in_hz
    click = np.exp(-(((t - click_s) / 0.002) ** 2)).astype(np.float32)
    expected_s = click_s + delay_s(in_hz)
    assert np.argmax(whole(in_hz, 16_000, click)) == pytest.approx(expected_s * 16_000, abs=1)


def test_a_tone_keeps_its_level_and_what_would_alias_is_gone() -> None:
    t = np.arange(48_000) / 48_000
    for frequency_hz, level in [(1_000, 1.0), (7_500, 1.0), (9_000, 0.0), (15_000, 0.0)]:
        tone = np.sin(2 * np.pi * frequency_hz * t).astype(np.float32)
        middle = whole(48_000, 16_000, tone)[2_000:-2_000]
        assert np.sqrt(2 * np.mean(middle**2)) == pytest.approx(level, abs=0.005 if level else 2e-4)


@pytest.mark.parametrize("in_hz", [rate for rate in RATES if rate != 16_000])
def test_a_constant_stays_what_it_was(in_hz: int) -> None:
    heard = whole(in_hz, 16_000, np.full(20_000, 0.25, np.float32))
    assert np.allclose(heard[200:], 0.25, atol=1e-6)


def test_equal_rates_pass_through_untouched_and_at_once() -> None:
    resampler = Resampler(16_000, 16_000)
    assert resampler.push(NOISE) is NOISE
    assert resampler.flush().shape == (0,)


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
