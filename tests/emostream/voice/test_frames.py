"""Levels, pitch and tilt of moments."""

import numpy as np
import pytest

from emostream.voice.frames import HOP, MARGIN, voice_frames
from tests.support.voices import harmonics

N_MOMENTS = 40
N = N_MOMENTS * HOP + 2 * MARGIN


@pytest.mark.parametrize("pitch_hz", [80, 120, 170, 230, 310, 400])
@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_the_pitch_of_a_voice_is_found_in_noise_too(pitch_hz: float, noise: float) -> None:
    frames = voice_frames(harmonics(pitch_hz, 2, noise=noise)[:N])
    assert frames.pitch_hz.shape == (N_MOMENTS,)
    assert np.isnan(frames.pitch_hz).mean() < 0.2
    assert np.nanmedian(frames.pitch_hz) == pytest.approx(pitch_hz, rel=0.01)


def test_moments_stand_where_they_are() -> None:
    audio = np.zeros(N, np.float32)
    begin = MARGIN + 10 * HOP
    audio[begin : begin + 20 * HOP] = harmonics(200, 20 * HOP / 16_000)
    frames = voice_frames(audio)
    voiced = np.flatnonzero(~np.isnan(frames.pitch_hz))
    assert voiced[0] == pytest.approx(10, abs=1)
    assert voiced[-1] == pytest.approx(29, abs=1)
    loud = np.flatnonzero(frames.levels_db > frames.levels_db.max() - 3)
    assert loud[0] == pytest.approx(20, abs=1)
    assert loud[-1] == pytest.approx(59, abs=1)


def test_levels_are_rms_in_decibels() -> None:
    frames = voice_frames(harmonics(200, 2, level=0.1)[:N])
    assert frames.levels_db.shape == (2 * N_MOMENTS,)
    assert frames.levels_db == pytest.approx(np.full(2 * N_MOMENTS, -20), abs=0.5)


def test_silence_has_a_floor_and_no_pitch() -> None:
    frames = voice_frames(np.zeros(N, np.float32))
    assert (frames.levels_db == -120).all()
    assert np.isnan(frames.pitch_hz).all()
    assert frames.tilt_db.shape == (0,)


def test_an_offset_of_the_input_counts_for_nothing() -> None:
    audio = harmonics(150, 2, level=0.01)[:N]
    plain, shifted = voice_frames(audio), voice_frames(audio + np.float32(0.3))
    assert shifted.levels_db == pytest.approx(plain.levels_db, abs=0.01)
    assert shifted.pitch_hz == pytest.approx(plain.pitch_hz, rel=1e-3)


def test_a_darker_voice_has_a_higher_tilt() -> None:
    bright = harmonics(200, 2)
    dark = np.convolve(bright, np.full(9, 1 / 9, np.float32), "same")
    assert voice_frames(dark[:N]).tilt_db.mean() > voice_frames(bright[:N]).tilt_db.mean() + 3


def test_gain_moves_levels_alone() -> None:
    audio = harmonics(150, 2, noise=0.01)[:N]
    loud, soft = voice_frames(audio), voice_frames(audio * np.float32(0.1))
    assert soft.levels_db == pytest.approx(loud.levels_db - 20, abs=1e-3)
    assert soft.pitch_hz == pytest.approx(loud.pitch_hz, rel=1e-3, nan_ok=True)
    assert soft.tilt_db == pytest.approx(loud.tilt_db, abs=1e-3)
