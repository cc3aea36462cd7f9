"""The one feature path: trainer, file and microphone all push their samples through ``FeatureStream``."""

import numpy as np
from numpy.typing import NDArray

from emostream.audio import Samples
from emostream.features.arrays import Rows
from emostream.features.filterbanks import bin_frequencies_hz, contrast_bands, dct_matrix, hann, mel_bands
from emostream.features.high_pass import HighPass
from emostream.features.spec import Feature, FeatureSpec

Frames = NDArray[np.float32]
"""Samples cut into frames, shape (k, frame_length)."""
Bins = NDArray[np.float32]
"""The power or magnitude of each frame's FFT bins, shape (k, frame_length / 2 + 1)."""

POWER_FLOOR = np.float32(1e-10)
DB_PER_E_FOLD = np.float32(10 / np.log(10))
# Frames that go through the FFT at once: enough to be vectorised, few enough to stay in the processor's cache.
FRAMES_AT_ONCE = 64

CONTRASTS = {Feature.CONTRAST, Feature.CONTRAST_MEAN, Feature.CONTRAST_LOWEST}


class FeatureStream:
    """Audio in, one feature row per whole frame out.

    Row i depends on samples ``[i * hop_length, i * hop_length + frame_length)`` alone (with a high-pass, also on those
    before), so that any chunking of the same audio gives the same rows, bit for bit: every operation below works on one
    row at a time, none mixes rows. With a high-pass a row may come one push later than its samples, or with ``flush``.

    >>> stream = FeatureStream(FeatureSpec(features=(Feature.LOG_MEL,), frame_length=400, hop_length=160, n_mels=40))
    >>> stream.push(np.zeros(720, np.float32)).shape
    (3, 40)
    """

    def __init__(self, spec: FeatureSpec) -> None:
        self.spec = spec
        self._window = hann(spec.frame_length)
        self._mel = mel_bands(spec)
        self._dct = dct_matrix(spec.n_mfcc, spec.n_mels)
        self._frequencies_hz = bin_frequencies_hz(spec).astype(np.float32)
        self._contrast = contrast_bands(spec)
        self._high_pass = HighPass(spec.high_pass_hz, spec.sample_rate_hz) if spec.high_pass_hz else None
        # Powers below this share of the loudest bin of their frame are raised to it; 0 raises none.
        self._least_share = np.float32(10 ** (-spec.dynamic_range_db / 10) if spec.dynamic_range_db else 0)
        self.reset()

    def reset(self) -> None:
        """Forget all audio: what follows is as from a new stream."""
        self._kept = np.zeros(0, np.float32)
        if self._high_pass:
            self._high_pass.reset()

    def push(self, samples: Samples) -> Rows:
        """Take float32 samples of shape (n,), give the rows of all frames they complete: float32 of shape (k, D)."""
        return self.push_filtered(self._high_pass.push(samples) if self._high_pass else samples)

    def flush(self) -> Rows:
        """The audio ended: give the rows of frames that the high-pass held back, and be as new."""
        rows = self.push_filtered(self._high_pass.flush() if self._high_pass else np.zeros(0, np.float32))
        self.reset()
        return rows

    def whole(self, samples: Samples) -> Rows:
        """All rows of audio that is there as a whole, (n,) to (k, D): as ``push`` and ``flush`` give them."""
        self.reset()
        return np.concatenate([self.push(samples), self.flush()])

    def push_filtered(self, samples: Samples) -> Rows:
        """As ``push``, for audio that has been through the spec's high-pass."""
        spec = self.spec
        audio = np.concatenate([self._kept, samples])
        n_rows = spec.n_frames(len(audio))
        self._kept = audio[spec.frame_start(n_rows) :].copy()
        if n_rows == 0:
            return np.zeros((0, spec.dim), np.float32)
        # As sliding_window_view has it, which takes longer than the FFT of the frames.
        shape, strides = (n_rows, spec.frame_length), (spec.hop_length * audio.itemsize, audio.itemsize)
        frames: Frames = np.ndarray(shape, np.float32, audio, strides=strides)
        return np.concatenate(
            [self._rows(frames[i : i + FRAMES_AT_ONCE]) for i in range(0, n_rows, FRAMES_AT_ONCE)],
        )

    def _rows(self, frames: Frames) -> Rows:
        if self.spec.features == (Feature.WAVEFORM,):
            return frames.copy()
        # In double precision: quiet bins, which make a spectral valley, lie within float32's rounding of the loud ones.
        spectrum = np.fft.rfft(frames * self._window, axis=1).astype(np.complex64)
        power = spectrum.real**2 + spectrum.imag**2
        if self._least_share:
            power = np.maximum(power, self._least_share * power.max(axis=1, keepdims=True))
        wanted = set(self.spec.features)
        columns: dict[Feature, Rows] = {}
        if wanted & {Feature.LOG_MEL, Feature.MFCC}:
            columns[Feature.LOG_MEL] = self._log_mel(power)
        if Feature.MFCC in wanted:
            # matvec goes row by row: a matrix product may sum in another order when the number of rows changes.
            columns[Feature.MFCC] = np.matvec(self._dct, columns[Feature.LOG_MEL])
        if wanted & {Feature.CENTROID, *CONTRASTS}:
            magnitude = np.sqrt(power)
            if Feature.CENTROID in wanted:
                columns[Feature.CENTROID] = self._centroid_hz(magnitude)
            if wanted & CONTRASTS:
                columns[Feature.CONTRAST] = self._contrast_db(magnitude)
                columns[Feature.CONTRAST_MEAN] = columns[Feature.CONTRAST].mean(axis=1, keepdims=True)
                columns[Feature.CONTRAST_LOWEST] = columns[Feature.CONTRAST][:, :1]
        return np.concatenate([columns[feature] for feature in self.spec.features], axis=1, dtype=np.float32)

    def _log_mel(self, power: Bins) -> Rows:
        sides = np.add.reduceat(power * self._mel.weights[:, None], self._mel.starts, axis=2)
        sides[:, :, self._mel.empty] = 0  # reduceat hands an empty stretch its neighbour's first bin
        rising, falling = sides
        return _decibels(rising[:, :-1] + falling[:, 1:])

    def _centroid_hz(self, magnitude: Bins) -> Rows:
        total = magnitude.sum(axis=1, keepdims=True)
        weighted = np.vecdot(magnitude, self._frequencies_hz)[:, None]
        # In digital silence there is no centre: 0 Hz, as librosa has it.
        centre: Rows = np.divide(weighted, total, out=np.zeros_like(total), where=total > np.finfo(np.float32).tiny)
        return centre

    def _contrast_db(self, magnitude: Bins) -> Rows:
        """Loudest less quietest bins of each band in dB; librosa takes decibels of the magnitude as of a power."""
        ends = np.empty((2, len(magnitude), len(self._contrast)), np.float32)
        for i, band in enumerate(self._contrast):
            bins = magnitude[:, band.low : band.high]
            tail = min(band.tail, bins.shape[1])
            if tail == 1:
                ends[0, :, i], ends[1, :, i] = bins.max(axis=1), bins.min(axis=1)
            else:
                rising = np.sort(bins, axis=1)
                ends[0, :, i], ends[1, :, i] = rising[:, -tail:].sum(axis=1), rising[:, :tail].sum(axis=1)
                ends[:, :, i] /= tail
        peak, valley = _decibels(ends)
        contrast: Rows = peak - valley
        return contrast


def _decibels(power: NDArray[np.float32]) -> NDArray[np.float32]:
    # Of numpy's float32 logarithms the natural one alone is vectorised.
    return DB_PER_E_FOLD * np.log(np.maximum(power, POWER_FLOOR))
