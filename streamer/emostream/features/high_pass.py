"""A one-pole high-pass: takes out a constant offset of the input and rumble below the lowest pitch of a voice."""

from functools import lru_cache
from math import exp, pi

import numpy as np
from numpy.typing import NDArray

from emostream.audio import Samples

BLOCK = 80


class HighPass:
    """Samples in, samples without what lies below ``corner_hz`` out: y[n] = g (x[n] - x[n-1]) + a y[n-1].

    a = exp(-2 pi corner_hz / sample_rate_hz) and g = (1 + a) / 2, so that half of the sample rate passes unchanged
    (Smith, Introduction to Digital Filters, 2007, "One-Pole, One-Zero"). At ``corner_hz`` the gain is -3 dB.

    The recursion is written out over blocks of ``BLOCK`` samples that begin at multiples of it: a block is one product
    with a triangular matrix and the decay of what came before. How audio is cut into pushes changes no bit of it; what
    does not fill a block is held back, 79 samples at most, until later pushes or ``flush`` complete it. The filter
    begins at rest on the value of the first sample: a constant offset gives zeros from the start, not a click.
    """

    def __init__(self, corner_hz: float, sample_rate_hz: int) -> None:
        a = exp(-2 * pi * corner_hz / sample_rate_hz)
        self._gain, self._a = (1 + a) / 2, a
        self._matrix, self._decay = _block_response(a)
        self.reset()

    def reset(self) -> None:
        """Forget all audio: what follows is as from a new filter."""
        self._pending = np.zeros(0, np.float32)
        self._last_in: float | None = None
        self._last_out = 0.0

    def push(self, samples: Samples) -> Samples:
        """Take float32 of shape (n,), give what is ready: float32 of shape (m,)."""
        audio = np.concatenate([self._pending, samples]) if len(self._pending) else samples
        whole = len(audio) - len(audio) % BLOCK
        self._pending = audio[whole:].copy()
        return self._filter(audio[:whole])

    def flush(self) -> Samples:
        """The end of the audio: give what was held back, and be as new."""
        n = len(self._pending)
        tail = self._filter(np.pad(self._pending, (0, BLOCK - n)))[:n] if n else np.zeros(0, np.float32)
        self.reset()
        return tail

    def _filter(self, audio: Samples) -> Samples:
        if not len(audio):
            return np.zeros(0, np.float32)
        if self._last_in is None:
            self._last_in = float(audio[0])
        blocks = audio.reshape(-1, BLOCK).astype(np.float64)
        # matvec goes block by block: a matrix product may sum in another order when the number of blocks changes.
        filtered = np.matvec(self._matrix, blocks)
        before_in = np.concatenate([[self._last_in], blocks[:-1, -1]])
        last_out = self._last_out
        carried = np.empty(len(blocks))
        for i, (last_in, block_end) in enumerate(zip(before_in.tolist(), filtered[:, -1].tolist(), strict=True)):
            # What the block inherits decays by a with each sample: a y[-1] - g x[-1] at its first one.
            carried[i] = last_out - self._gain / self._a * last_in
            last_out = block_end + float(self._decay[-1]) * carried[i]
        self._last_in, self._last_out = float(blocks[-1, -1]), last_out
        out: Samples = (filtered + carried[:, None] * self._decay).astype(np.float32).reshape(-1)
        return out


# The same for every stream, so that those of many lie in the processor's cache, and read only.
@lru_cache(maxsize=8)
def _block_response(a: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What a block of samples gives, (BLOCK, BLOCK), and how what came before it decays in it, (BLOCK,)."""
    n = np.arange(BLOCK)
    # Impulse response of the whole filter: g at 0, then g (a - 1) a**(n - 1).
    gain = (1 + a) / 2
    response = np.concatenate([[gain], gain * (a - 1) * a ** n[:-1]])
    matrix = np.where(n[:, None] >= n, response[np.abs(n[:, None] - n)], 0.0)
    return matrix, np.power(a, n + 1, dtype=np.float64)
