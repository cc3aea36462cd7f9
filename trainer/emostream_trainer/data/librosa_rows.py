"""The daemon's features by librosa, over a whole recording at once: what ours are held against."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import exp, pi
from typing import Any

import librosa
import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter, lfilter_zi

from emostream.audio import Samples
from emostream.features import Feature, FeatureSpec

F32 = NDArray[np.float32]


def librosa_rows(spec: FeatureSpec, samples: Samples) -> F32:
    """Rows of all whole frames of ``samples`` (n,), float32 of shape (k, D), in the order of ``spec``.

    Frames are not padded and decibels have no floor that depends on the whole recording: a stream knows neither.
    """
    audio = _high_passed(samples, spec) if spec.high_pass_hz else samples
    if spec.features == (Feature.WAVEFORM,):
        return librosa.util.frame(audio, frame_length=spec.frame_length, hop_length=spec.hop_length).T.astype(
            np.float32
        )
    magnitude = np.abs(
        librosa.stft(audio, n_fft=spec.frame_length, hop_length=spec.hop_length, window="hann", center=False)
    )
    if spec.dynamic_range_db:
        loudest = magnitude.max(axis=0, keepdims=True)
        magnitude = np.maximum(magnitude, loudest * librosa.db_to_amplitude(-spec.dynamic_range_db))
    mel = librosa.feature.melspectrogram(
        S=magnitude**2, sr=spec.sample_rate_hz, n_mels=spec.n_mels, fmin=spec.f_min_hz, fmax=spec.f_max_hz
    )
    log_mel = librosa.power_to_db(mel, ref=1.0, top_db=None)
    with _no_floor_in_contrast():
        contrast = librosa.feature.spectral_contrast(
            S=magnitude,
            sr=spec.sample_rate_hz,
            fmin=spec.contrast_f_min_hz,
            n_bands=spec.contrast_bands,
            quantile=spec.contrast_quantile,
        )
    columns = {
        Feature.LOG_MEL: log_mel.T,
        Feature.MFCC: librosa.feature.mfcc(S=log_mel, n_mfcc=spec.n_mfcc).T,
        Feature.CENTROID: librosa.feature.spectral_centroid(S=magnitude, sr=spec.sample_rate_hz).T,
        Feature.CONTRAST: contrast.T,
        Feature.CONTRAST_MEAN: contrast.mean(axis=0)[:, None],
        Feature.CONTRAST_LOWEST: contrast[0][:, None],
    }
    return np.concatenate([columns[feature] for feature in spec.features], axis=1, dtype=np.float32)


def _high_passed(samples: Samples, spec: FeatureSpec) -> F32:
    """The one-pole high-pass of ``features.high_pass`` by its difference equation, at rest on the first sample."""
    pole = exp(-2 * pi * spec.high_pass_hz / spec.sample_rate_hz)
    gain = (1 + pole) / 2
    b, a = [gain, -gain], [1, -pole]
    state = lfilter_zi(b, a) * (samples[0] if len(samples) else 0)
    filtered: NDArray[np.float64] = lfilter(b, a, samples.astype(np.float64), zi=state)[0]
    return filtered.astype(np.float32)


@contextmanager
def _no_floor_in_contrast() -> Iterator[None]:
    """``spectral_contrast`` cuts at 80 dB below the recording's maximum, and has no argument against it."""
    spectral: Any = librosa.feature.spectral
    usual = spectral.power_to_db
    spectral.power_to_db = lambda power: usual(power, top_db=None)
    try:
        yield
    finally:
        spectral.power_to_db = usual
