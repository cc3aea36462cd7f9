"""Raw PCM to samples: bytes of a pipe or a socket, and arrays of Python code."""

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
    """Bytes of mono PCM in chunks of any length in, samples out; half a sample waits for its other half.

    ``encoding`` is one of ``ENCODINGS``.
    """

    def __init__(self, encoding: str) -> None:
        self._dtype, self._full_scale = _ENCODINGS[encoding]
        self.sample_bytes = np.dtype(self._dtype).itemsize
        self._rest = b""

    def push(self, data: bytes) -> Samples:
        """Float32 of shape (n,), full scale at 1. Raises ``NotFiniteError``."""
        data = self._rest + data
        whole = len(data) - len(data) % self.sample_bytes
        self._rest = data[whole:]
        samples: Samples = np.frombuffer(data[:whole], self._dtype).astype(np.float32) / np.float32(self._full_scale)
        if not np.isfinite(samples).all():
            raise NotFiniteError("the samples hold NaN or infinity")
        return samples

    def flush(self) -> int:
        """The audio ended: how many bytes of half a sample are left out; be as new."""
        left, self._rest = len(self._rest), b""
        return left


def mono_samples(samples: AudioArray) -> Samples:
    """An array of Python code as mono float32 of shape (n,).

    ``samples`` is float32 in [-1, 1] or int16, of shape (n,) or (n, channels); channels are mixed by their mean. Raises
    ``TypeError`` for anything else and ``ValueError`` for a shape, NaN or infinity: bytes of another type read as
    float32 are noise or silence, and nobody would be told.
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
