"""Samples from raw PCM: bytes of a pipe or a socket, and arrays that Python code passes. Files are told apart."""

import numpy as np
from numpy.typing import NDArray

from emostream.audio import Samples

AudioArray = NDArray[np.float32] | NDArray[np.int16]
"""Audio of Python code, shape (n,) or (n, channels): float32 in [-1, 1], or int16."""

# By encoding: numpy's type, and the value that stands for 1.0.
_ENCODINGS = {"s16le": ("<i2", 2.0**15), "s32le": ("<i4", 2.0**31), "f32le": ("<f4", 1.0)}
ENCODINGS = tuple(_ENCODINGS)
MOST_CHANNELS = 32
# Float samples are nominally in [-1, 1]. A hot recording goes a little beyond; integers as floats go far beyond.
HIGHEST_FLOAT = 16.0
MP4, MATROSKA = "MP4 or M4A", "WebM or Matroska"
# What files of sound begin with; raw PCM seldom begins so.
_MAGIC = {
    b"RIFF": "WAV",
    b"RF64": "WAV",
    b"OggS": "Ogg",
    b"fLaC": "FLAC",
    b"ID3": "MP3",
    b"\x1aE\xdf\xa3": MATROSKA,
    b"FORM": "AIFF",
    b"caff": "CAF",
    b"riff": "W64",
    b".snd": "AU",
}
# An MP4 begins with the length of its first box, below 256, and the name of the box.
_MP4_LENGTH, _MP4_BOX = b"\0\0\0", b"ftyp"
# So many bytes are enough for all of them.
HEAD_BYTES = 8
_EXPECTED = "expected float32 in [-1, 1] or int16, of shape (n,) or (n, channels)"


class NotFiniteError(ValueError):
    """The samples hold NaN or infinity."""


class OutOfRangeError(ValueError):
    """Float samples lie far outside [-1, 1]: most often integers that were converted and not scaled."""


class ContainerError(ValueError):
    """The bytes are a file of sound and not raw PCM; ``container`` names its kind."""

    def __init__(self, container: str) -> None:
        super().__init__(f"the audio is a file ({container})")
        self.container = container


class PcmDecoder:
    """Decodes PCM that comes in chunks of any length to mono; an incomplete sample is kept for the next chunk.

    ``encoding`` is one of ``ENCODINGS``; ``channels`` are interleaved and mixed by their mean. A sample here is one
    value of each channel. Not thread-safe.
    """

    def __init__(self, encoding: str, channels: int = 1) -> None:
        self._dtype, self._full_scale = _ENCODINGS[encoding]
        self._channels = channels
        self.sample_bytes = channels * np.dtype(self._dtype).itemsize
        self._incomplete = b""
        self._head = b""

    def push(self, data: bytes) -> Samples:
        """The samples that ``data`` completes, float32 of shape (n,), full scale 1.

        Raises ``ContainerError`` for the beginning of a file of sound, ``NotFiniteError`` for NaN and infinity and
        ``OutOfRangeError`` for floats beyond ``HIGHEST_FLOAT``.
        """
        self._check_head(data)
        data = self._incomplete + data
        end = len(data) - len(data) % self.sample_bytes
        self._incomplete = data[end:]
        # Bytes that are no float32 may be signalling NaNs, of which numpy warns.
        with np.errstate(invalid="ignore"):
            values = np.frombuffer(data[:end], self._dtype).astype(np.float32) / np.float32(self._full_scale)
        require_plausible(values)
        samples: Samples = values.reshape(-1, self._channels).mean(axis=1) if self._channels > 1 else values
        return samples

    def flush(self) -> int:
        """The audio ended: drop the bytes of an incomplete sample and return how many there were."""
        n_bytes, self._incomplete = len(self._incomplete), b""
        return n_bytes

    def _check_head(self, data: bytes) -> None:
        if len(self._head) < HEAD_BYTES:
            self._head += data[: HEAD_BYTES - len(self._head)]
            if container := container_of(self._head):
                raise ContainerError(container)


def container_of(head: bytes) -> str | None:
    """The kind of file that begins with these bytes, for people; None for what may be raw PCM."""
    if head[:3] == _MP4_LENGTH and head[4:8] == _MP4_BOX:
        return MP4
    return next((name for magic, name in _MAGIC.items() if head.startswith(magic)), None)


def may_become_container(head: bytes) -> bool:
    """Whether more bytes are needed to know what ``container_of`` says."""
    if len(head) >= HEAD_BYTES or container_of(head):
        return False
    mp4 = _MP4_LENGTH.startswith(head[:3]) and _MP4_BOX.startswith(head[4:8]) and head[3:4] != b"\0"
    return mp4 or any(magic.startswith(head) for magic in _MAGIC)


def require_plausible(values: NDArray[np.float32]) -> None:
    """Raise ``NotFiniteError`` or ``OutOfRangeError`` unless all values can be sound of nominally [-1, 1]."""
    if not values.size:
        return
    # Neither the largest nor the smallest value is a number where one is NaN.
    highest = max(float(values.max()), -float(values.min()))
    if not np.isfinite(highest):
        raise NotFiniteError("the samples hold NaN or infinity: expected finite numbers in [-1, 1]")
    if highest > HIGHEST_FLOAT:
        raise OutOfRangeError(f"the samples go up to {highest:.6g}: expected [-1, 1]; divide int16 by 32768")


def mono_samples(samples: AudioArray) -> Samples:
    """An array as mono float32 of shape (n,).

    ``samples`` is float32 in [-1, 1] or int16, of shape (n,) or (n, channels); channels are mixed by their mean. Raises
    ``TypeError`` for anything else and ``ValueError`` for a shape, NaN, infinity or floats beyond ``HIGHEST_FLOAT``:
    another type's bytes read as float32 are noise or silence, and integers as floats are too loud by far; labels would
    be wrong without an error.
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
    require_plausible(audio)
    mono: Samples = audio.mean(axis=1) if audio.ndim == 2 else audio
    return mono


def _advice(dtype: "np.dtype[np.generic]") -> str:
    if dtype.kind == "f":
        return "convert it with samples.astype(numpy.float32)"
    return "scale it to [-1, 1] and convert it with astype(numpy.float32)"
