"""Levels, pitch and spectral tilt of audio, moment by moment."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from emostream.audio import Samples
from emostream.features.filterbanks import hann
from emostream.voice import pitch
from emostream.voice.pitch import yin

SAMPLE_RATE_HZ = 16_000
HOP = 320
"""Samples from one moment to the next, 20 ms; there are two levels a moment."""
MARGIN = 480
"""Samples on either side of the moments that levels and pitch reach into, 30 ms."""
LOWEST_DB, HIGHEST_DB = -120.0, 120.0

_LEVEL_HOP = HOP // 2
# Praat's intensity has a bell of 64 ms for the default of 50 Hz as the lowest pitch; 7 hops of 10 ms are as wide.
_SMOOTHING = (hann(8) / hann(8).sum())[1:]
# To 8 kHz: a windowed sinc whose gain is half at 3 kHz, symmetric about the middle one of its taps.
_TAPS = 15
_n = np.arange(_TAPS) - _TAPS // 2
_LOW_PASS = (np.sinc(0.375 * _n) * np.hanning(_TAPS + 2)[1:-1]).astype(np.float32)
_LOW_PASS /= _LOW_PASS.sum()
_TILT_FRAME = 512
_TILT_WINDOW = hann(_TILT_FRAME).astype(np.float32)


def _bin(hz: float) -> int:
    return round(hz * _TILT_FRAME / SAMPLE_RATE_HZ)


@dataclass(frozen=True, slots=True)
class VoiceFrames:
    """k moments of ``HOP`` samples: ``levels_db`` f64 (2k,), RMS over a bell of 64 ms in dB re full scale;
    ``pitch_hz`` f32 (k,), NaN where unvoiced; ``tilt_db`` f64 (voiced moments,): the power from 50 to 1000 Hz over that
    from 1 to 5 kHz, the alpha ratio of eGeMAPS (Eyben and others, 2016)."""

    levels_db: np.ndarray[tuple[int], np.dtype[np.float64]]
    pitch_hz: Samples
    tilt_db: np.ndarray[tuple[int], np.dtype[np.float64]]


def voice_frames(audio: Samples) -> VoiceFrames:
    """The moments in 16 kHz audio of shape (2 * ``MARGIN`` + k * ``HOP``,), of which the margins hold none.

    A constant offset of the input counts for nothing.
    """
    audio = audio - audio.mean()
    n_moments = (len(audio) - 2 * MARGIN) // HOP
    hops = audio.reshape(-1, _LEVEL_HOP)
    power = np.einsum("ij,ij->i", hops, hops) / np.float32(_LEVEL_HOP)
    smooth = np.convolve(power.astype(np.float64), _SMOOTHING, "valid")
    levels_db = 10 * np.log10(np.clip(smooth, 10 ** (LOWEST_DB / 10), 10 ** (HIGHEST_DB / 10)))
    low = np.convolve(audio, _LOW_PASS, "same")[::2]
    # Frames lie about the middle of their moment.
    first = (MARGIN + HOP // 2) // 2 - pitch.FRAME // 2
    pitch_hz = yin(sliding_window_view(low, pitch.FRAME)[first :: HOP // 2][:n_moments])
    first = MARGIN + HOP // 2 - _TILT_FRAME // 2
    voiced = sliding_window_view(audio, _TILT_FRAME)[first::HOP][:n_moments][~np.isnan(pitch_hz)]
    spectrum = np.fft.rfft(voiced * _TILT_WINDOW, axis=1)
    of_bin = spectrum.real**2 + spectrum.imag**2
    below, above = (of_bin[:, _bin(a) : _bin(b)].sum(axis=1) for a, b in ((50, 1_000), (1_000, 5_000)))
    least = np.finfo(np.float32).tiny
    tilt_db = 10 * np.log10(np.maximum(below, least) / np.maximum(above, least))
    return VoiceFrames(levels_db, pitch_hz, tilt_db.astype(np.float64))
