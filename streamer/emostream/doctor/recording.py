"""The recording that is judged: all channels as the device gave them, and what was lost on the way."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emostream.audio import Samples

_SILENT_DBFS = -90.0
_NOT_THE_LOUDEST_DB = 6.0


@dataclass(frozen=True)
class Recording:
    """``frames`` is float32 of shape (n, channels), full scale 1. ``losses`` counts the holes that the sound system
    left, ``lost_s`` is how long they were together; both are 0 for files, where nobody knows.
    """

    frames: NDArray[np.float32]
    sample_rate_hz: int
    name: str
    losses: int = 0
    lost_s: float = 0.0

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.frames) / self.sample_rate_hz

    @property
    def channel_dbfs(self) -> NDArray[np.float64]:
        """RMS of each channel, without its constant part, in dB under full scale: shape (channels,)."""
        moving = self.frames - self.frames.mean(axis=0, dtype=np.float64)
        levels: NDArray[np.float64] = 10 * np.log10(np.square(moving).mean(axis=0) + 1e-20)
        return levels

    @property
    def channel(self) -> int:
        """The channel, from 0, that is judged: the first, or the loudest where that is 6 dB louder."""
        levels = self.channel_dbfs
        loudest = int(levels.argmax())
        return loudest if levels[loudest] > max(levels[0] + _NOT_THE_LOUDEST_DB, _SILENT_DBFS) else 0

    @property
    def samples(self) -> Samples:
        """The channel that is judged: shape (n,)."""
        return np.ascontiguousarray(self.frames[:, self.channel])
