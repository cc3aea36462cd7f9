"""The high-pass of the feature path: a filter of the textbook, whatever the chunking."""

from math import exp, pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter

from emostream.audio import Samples
from emostream.features.high_pass import BLOCK, HighPass
from tests.support.chunking import chunks, cuts

HZ = 16_000
NOISE = np.random.default_rng(5).uniform(-0.5, 0.5, 6_000).astype(np.float32)


def whole(samples: Samples, corner_hz: float = 20.0) -> Samples:
    high_pass = HighPass(corner_hz, HZ)
    return np.concatenate([high_pass.push(samples), high_pass.flush()])


def gain(frequency_hz: float, corner_hz: float) -> float:
    tone = np.sin(2 * np.pi * frequency_hz * np.arange(2 * HZ) / HZ).astype(np.float32)
    return float(np.sqrt(2 * np.mean(whole(tone, corner_hz)[HZ:].astype(np.float64) ** 2)))


@pytest.mark.parametrize("corner_hz", [5.0, 20.0, 300.0])
def test_it_is_the_difference_equation(corner_hz: float) -> None:
    pole = exp(-2 * pi * corner_hz / HZ)
    g = (1 + pole) / 2
    # Zero first: then the textbook's filter is at rest too.
    audio = np.concatenate([np.zeros(1, np.float32), NOISE])
    expected = lfilter([g, -g], [1, -pole], audio.astype(np.float64))
    np.testing.assert_allclose(whole(audio, corner_hz), expected, atol=1e-6)


@settings(max_examples=60)
@given(data=st.data())
def test_any_chunking_gives_the_same_bits(data: st.DataObject) -> None:
    audio = NOISE[: data.draw(st.integers(0, len(NOISE)))]
    high_pass = HighPass(20.0, HZ)
    pieces = [high_pass.push(piece) for piece in chunks(audio, data.draw(cuts(len(audio))))]
    assert len(audio) - sum(map(len, pieces)) < BLOCK
    np.testing.assert_array_equal(np.concatenate([*pieces, high_pass.flush()]), whole(audio))


def test_a_constant_gives_zeros_from_the_start() -> None:
    np.testing.assert_allclose(whole(np.full(HZ, 0.3, np.float32)), 0, atol=1e-6)


@pytest.mark.parametrize(("frequency_hz", "expected"), [(2, 0.1), (20, 0.707), (100, 0.98), (1_000, 1.0), (7_900, 1.0)])
def test_what_is_below_the_corner_goes_and_a_voice_stays(frequency_hz: float, expected: float) -> None:
    assert gain(frequency_hz, 20.0) == pytest.approx(expected, abs=0.01)


def test_after_a_flush_it_is_as_new() -> None:
    high_pass = HighPass(20.0, HZ)
    high_pass.push(NOISE)
    high_pass.flush()
    np.testing.assert_array_equal(np.concatenate([high_pass.push(NOISE), high_pass.flush()]), whole(NOISE))
