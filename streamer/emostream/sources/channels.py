"""One voice out of the channels of a microphone: the channel that was asked for, or the loudest."""

import numpy as np
from numpy.typing import NDArray

from emostream.audio import Samples

_MEAN_OVER_BLOCKS = 40
_FAR_LOUDER = 4.0  # in power: 6 dB


class LoudestChannel:
    """Mono from interleaved channels: ``wanted`` (from 0), or the one of the most energy over the last two seconds.

    It changes only for a channel that is 6 dB louder, so that no voice jumps between two channels that both have it.
    """

    def __init__(self, wanted: int | None = None) -> None:
        self._wanted = wanted
        self._channel = 0
        self._power: NDArray[np.float64] | None = None

    def push(self, frames: NDArray[np.float32]) -> Samples:
        """Take float32 of shape (n, channels), give float32 of shape (n,)."""
        if self._wanted is not None or frames.shape[1] == 1:
            return frames[:, self._wanted or 0]
        power = np.square(frames, dtype=np.float64).mean(axis=0)
        self._power = power if self._power is None else self._power + (power - self._power) / _MEAN_OVER_BLOCKS
        loudest = int(self._power.argmax())
        if self._power[loudest] > _FAR_LOUDER * self._power[self._channel]:
            self._channel = loudest
        return frames[:, self._channel]
