"""Pitch by YIN."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

from emostream.audio import Samples
from emostream.voice.pitch import FRAME, HIGHEST_HZ, LOWEST_HZ, SAMPLE_RATE_HZ, yin


def tone(pitch_hz: float, seconds: float = 0.5) -> Samples:
    t = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    orders = np.arange(1, int(3_000 / pitch_hz) + 1)
    stack = (np.sin(2 * np.pi * pitch_hz * orders * t[:, None] + orders) / orders).sum(axis=1)
    return (stack / 10).astype(np.float32)


def frames(audio: Samples) -> Samples:
    return sliding_window_view(audio, FRAME)[::160]


@given(pitch_hz=st.floats(LOWEST_HZ + 1, HIGHEST_HZ - 20), level=st.floats(1e-4, 1))
def test_the_pitch_of_a_voice_without_noise_is_right_to_half_a_percent(pitch_hz: float, level: float) -> None:
    found = yin(frames(tone(pitch_hz)) * np.float32(level))
    assert found == pytest.approx(np.full(len(found), pitch_hz), rel=5e-3)


@pytest.mark.parametrize("audio", [np.zeros(4_000, np.float32), np.full(4_000, 0.3, np.float32)])
def test_what_does_not_move_has_no_pitch(audio: Samples) -> None:
    assert np.isnan(yin(frames(audio))).all()


def test_noise_has_no_pitch() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 80_000).astype(np.float32)
    assert np.isnan(yin(frames(noise))).mean() > 0.99


@pytest.mark.parametrize("pitch_hz", [30.0, 900.0])
def test_a_tone_outside_the_range_is_not_taken_for_itself(pitch_hz: float) -> None:
    found = yin(frames(tone(pitch_hz)))
    assert not np.any(np.abs(found - pitch_hz) < 20)


def test_frames_do_not_see_each_other() -> None:
    both = frames(np.concatenate([tone(100.0), tone(250.0)]))
    assert np.array_equal(yin(both[3:9]), yin(both)[3:9], equal_nan=True)


def test_no_frames_have_no_pitch() -> None:
    assert yin(np.zeros((0, FRAME), np.float32)).shape == (0,)
