"""Samples from raw PCM: bytes of a pipe or a socket, and arrays that Python code passes."""

import numpy as np
from numpy.typing import NDArray

from emostream.audio import Samples

AudioArray = NDArray[np.float32] | NDArray[np.int16]
"""Audio of Python code, shape (n,) or (n, channels): float32 in [-1, 1], or int16."""

# By encoding: numpy's type, and the value that stands for 1.0.
_ENCODINGS = {"s16le": ("<i2", 32768.0), "f32le": ("<f4", 1.0)}
ENCODINGS = tuple(_ENCODINGS)
MOST_CHANNELS = 32
_EXPECTED = "expected float32 in [-1, 1] or int16, of shape (n,) or (n, channels)"


class NotFiniteError(ValueError):
    """The samples hold NaN or infinity."""


class PcmDecoder:
    """Decodes mono PCM that comes in chunks of any length; an incomplete sample is kept for the next chunk.

    ``encoding`` is one of ``ENCODINGS``. Not thread-safe.
    """

    def __init__(self, encoding: str) -> None:
        self._dtype, self._full_scale = _ENCODINGS[encoding]
        self.sample_bytes = np.dtype(self._dtype).itemsize
        self._incomplete = b""

    def push(self, data: bytes) -> Samples:
        """The samples that ``data`` completes, float32 of shape (n,), full scale 1. Raises ``NotFiniteError``."""
        data = self._incomplete + data
        end = len(data) - len(data) % self.sample_bytes
        self._incomplete = data[end:]
        samples: Samples = np.frombuffer(data[:end], self._dtype).astype(np.float32) / np.float32(self._full_scale)
        if not np.isfinite(samples).all():
            raise NotFiniteError("the samples hold NaN or infinity")
        return samples

    def flush(self) -> int:
        """The audio ended: drop the bytes of an incomplete sample and return how many there were."""
        n_bytes, self._incomplete = len(self._incomplete), b""
        return n_bytes


def mono_samples(samples: AudioArray) -> Samples:
    """An array as mono float32 of shape (n,).

    ``samples`` is float32 in [-1, 1] or int16, of shape (n,) or (n, channels); channels are mixed by their mean. Raises
    ``TypeError`` for anything else and ``ValueError`` for a shape, NaN or infinity: another type's bytes read as
    float32 are noise or silence, which would give wrong labels without an error.
    """
    if not isinstance(samples, np.ndarray):
        raise TypeError(f"got {type(samples).__name__}, {_EXPECTED}: make it an array with numpy.asarray")
    if samples.dtype not in (np.float32, np.int16) or not samples.dtype.isnative:
        raise TypeError(f"got an array of {samples.dtype}, {_EXPECTED}: {_advice(samples.dtype)}")
    if samples.ndim not in (1, 2) or (samples.ndim == 2 and not 1 <= samples.shape[1] <= MOST_CHANNELS):
        raise ValueError(f"got an array of shape {samples.shape}, {_EXPECTED} (at most {MOST_CHANNELS}): transpose it")
    audio = np.asarray(samples, np.float32)
    if samples.dtype == np.int16:
        audio = audio / np.float32(32768)
    if not np.isfinite(audio).all():
        raise NotFiniteError("the samples hold NaN or infinity: expected finite numbers in [-1, 1]")
    mono: Samples = audio.mean(axis=1) if audio.ndim == 2 else audio
    return mono


def _advice(dtype: "np.dtype[np.generic]") -> str:
    if dtype.kind == "f":
        return "convert it with samples.astype(numpy.float32)"
    return "scale it to [-1, 1] and convert it with astype(numpy.float32)"
