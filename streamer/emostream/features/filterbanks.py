"""The constant tables behind the features: window, mel triangles, DCT, contrast bands. Computed once per stream."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from emostream.features.spec import FeatureSpec

Index = NDArray[np.intp]


@lru_cache(maxsize=16)
def hann(length: int) -> NDArray[np.float64]:
    """The periodic Hann window, shape (length,)."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)


def bin_frequencies_hz(spec: FeatureSpec) -> NDArray[np.float64]:
    """The centre of every FFT bin, shape (frame_length / 2 + 1,)."""
    return np.fft.rfftfreq(spec.frame_length, 1 / spec.sample_rate_hz).astype(np.float64)


def _mel_edges_hz(spec: FeatureSpec) -> NDArray[np.float64]:
    """Where the bands begin, peak and end: of shape (n_mels + 2,), as far apart on the mel scale."""
    low, high = _hz_to_mel(np.array([spec.f_min_hz, spec.f_max_hz]))
    edges_hz: NDArray[np.float64] = _mel_to_hz(np.linspace(low, high, spec.n_mels + 2))
    return edges_hz


def _hz_to_mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slaney's mel scale (Auditory Toolbox, 1998): linear to 1 kHz at 200/3 Hz a mel, then 27 mels per factor 6.4."""
    return np.where(hz < 1000, hz * 3 / 200, 15 + 27 * np.log(np.maximum(hz, 1000) / 1000) / np.log(6.4))


def _mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))


@dataclass(frozen=True, slots=True)
class MelBands:
    """Mel triangles without their zeros, cut at the edges of the bands.

    Between two edges one triangle rises and the one before it falls: ``weights`` is float32 of shape (2, bins), the
    rising sides' and the falling ones'. Stretch s begins at bin ``starts[s]``, band m rises over stretch m and falls
    over stretch m + 1. No bin lies in the stretches ``empty``.
    """

    weights: NDArray[np.float32]
    starts: Index
    empty: Index


def mel_centres_hz(spec: FeatureSpec) -> NDArray[np.float64]:
    """The frequency in Hz at which each mel band is at its highest, of shape (n_mels,)."""
    return _mel_edges_hz(spec)[1:-1]


# The same for every stream, and read only.
@lru_cache(maxsize=16)
def mel_bands(spec: FeatureSpec) -> MelBands:
    """Triangles of equal area between ``f_min_hz`` and ``f_max_hz``; one that falls between two bins is empty."""
    edges_hz = _mel_edges_hz(spec)
    frequencies_hz = bin_frequencies_hz(spec)
    starts = np.searchsorted(frequencies_hz, edges_hz[:-1])
    area = np.concatenate([[0.0], 2 / (edges_hz[2:] - edges_hz[:-2]), [0.0]])
    weights = np.zeros((2, len(frequencies_hz)), np.float32)
    ends = [*starts[1:], np.searchsorted(frequencies_hz, edges_hz[-1])]
    for stretch, (start, end) in enumerate(zip(starts, ends, strict=True)):
        below, above = edges_hz[stretch : stretch + 2]
        risen = (frequencies_hz[start:end] - below) / (above - below)
        weights[:, start:end] = area[stretch + 1] * risen, area[stretch] * (1 - risen)
    return MelBands(weights, starts, np.flatnonzero(starts == ends))


@lru_cache(maxsize=16)
def dct_matrix(n_out: int, n_in: int) -> NDArray[np.float32]:
    """The first ``n_out`` rows of the orthonormal DCT-II, float32 of shape (n_out, n_in)."""
    angle = np.pi / n_in * (np.arange(n_in) + 0.5)[None, :] * np.arange(n_out)[:, None]
    scale = np.full((n_out, 1), np.sqrt(2 / n_in))
    scale[0] = np.sqrt(1 / n_in)
    matrix: NDArray[np.float32] = (scale * np.cos(angle)).astype(np.float32)
    return matrix


@dataclass(frozen=True, slots=True)
class ContrastBand:
    """FFT bins ``low`` up to but not with ``high``, of which the ``tail`` quietest and loudest are valley and peak."""

    low: int
    high: int
    tail: int


@lru_cache(maxsize=16)
def contrast_bands(spec: FeatureSpec) -> tuple[ContrastBand, ...]:
    """Octave bands as librosa cuts them: each takes in the bin below it, all but the last give up their top bin."""
    frequencies_hz = bin_frequencies_hz(spec)
    edges_hz = np.concatenate([[0.0], spec.contrast_f_min_hz * 2.0 ** np.arange(spec.contrast_bands + 1)])
    bands = []
    for k, (low_hz, high_hz) in enumerate(pairwise(edges_hz)):
        inside = np.flatnonzero((frequencies_hz >= low_hz) & (frequencies_hz <= high_hz))
        last = k == spec.contrast_bands
        low = int(inside[0]) - (k > 0)
        high = len(frequencies_hz) if last else int(inside[-1]) + 1
        tail = max(int(np.rint(spec.contrast_quantile * (high - low))), 1)
        bands.append(ContrastBand(low, high if last else high - 1, tail))
    return tuple(bands)
