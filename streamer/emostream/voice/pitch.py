"""Fundamental frequency of frames by YIN (de Cheveigné and Kawahara, JASA 111(4), 2002)."""

import numpy as np

from emostream.audio import Samples

SAMPLE_RATE_HZ = 8_000
LOWEST_HZ, HIGHEST_HZ = 60, 600
INTEGRATION = 256
SHORTEST_LAG, LONGEST_LAG = SAMPLE_RATE_HZ // HIGHEST_HZ, SAMPLE_RATE_HZ // LOWEST_HZ
# A minimum's neighbour on each side is looked at too.
FRAME = INTEGRATION + LONGEST_LAG + 1
_N_FFT = 400
# What differs less than this from lag to lag, as a share of its power, is no sound but rounding.
_LEAST_DIFFERENCE = 1e-5
# Where the paper has 0.1 for clean speech: rooms and noise raise the minima of voiced frames.
THRESHOLD = 0.2


def yin(frames: Samples) -> Samples:
    """Pitch in Hz, float32 of shape (k,), NaN where a frame is not periodic, of frames (k, ``FRAME``) at 8 kHz.

    The difference function over a window of 32 ms, normalised by its cumulative mean; the first minimum below
    ``THRESHOLD`` is the period, refined by a parabola. Without such a minimum a frame counts as unvoiced (the paper
    takes the lowest one then). Pitch is found from ``LOWEST_HZ`` to ``HIGHEST_HZ``; the level of the input changes
    nothing.
    """
    squares = np.zeros((len(frames), FRAME + 1))
    np.cumsum(np.square(frames, dtype=np.float64), axis=1, out=squares[:, 1:])
    lags = np.arange(LONGEST_LAG + 2)
    energies = squares[:, lags + INTEGRATION] - squares[:, lags]
    spectrum = np.fft.rfft(frames, _N_FFT, axis=1)
    window = np.fft.rfft(frames[:, :INTEGRATION], _N_FFT, axis=1)
    correlation = np.fft.irfft(spectrum * window.conj(), _N_FFT, axis=1)[:, : len(lags)]
    difference = np.maximum(energies[:, :1] + energies - 2 * correlation, 0)
    total = np.cumsum(difference[:, 1:], axis=1)
    normalised = difference[:, 1:] * lags[1:] / np.maximum(total, np.finfo(np.float64).tiny)
    moves = total[:, -1:] > _LEAST_DIFFERENCE * energies[:, :1] * LONGEST_LAG
    # Column i is lag i + 1.
    inner = normalised[:, SHORTEST_LAG - 1 : LONGEST_LAG]
    before, after = normalised[:, SHORTEST_LAG - 2 : LONGEST_LAG - 1], normalised[:, SHORTEST_LAG : LONGEST_LAG + 1]
    minima = (inner < THRESHOLD) & (inner <= before) & (inner < after) & moves
    found = np.flatnonzero(minima.any(axis=1))
    place = minima[found].argmax(axis=1)
    left, middle, right = before[found, place], inner[found, place], after[found, place]
    lag = SHORTEST_LAG + place + (left - right) / (2 * (left - 2 * middle + right))
    pitch_hz = np.full(len(frames), np.nan, np.float32)
    pitch_hz[found] = SAMPLE_RATE_HZ / lag
    return pitch_hz
