"""Any input rate to the models' rate, for files and microphones alike: one filter that holds nothing back."""

from functools import lru_cache
from math import gcd

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from emostream.audio import Samples
from emostream.features.arrays import Rows

# Of the lower of both rates: at 16 kHz 2 ms, and the pass band ends at 7.5 kHz.
DELAY_SAMPLES = 32
# Kaiser's window: what lies an eighth beyond half the lower rate is 80 dB down.
BETA = 7.0
# Rates without a common factor, such as 47,999 and 16,000 Hz, would have a filter for each of thousands of phases.
MOST_PHASES = 1_024
# Samples out at once: few enough for their windows to stay in the processor's cache.
AT_ONCE = 1_024


class Resampler:
    """Audio at ``in_hz`` in, audio at ``out_hz`` out; equal rates pass through untouched.

    A linear-phase FIR filter, a windowed sinc (Smith, Digital Audio Resampling), flat within .1 dB up to fifteen
    sixteenths of half the lower rate. Its delay of ``DELAY_SAMPLES`` at the lower rate (2 ms from 48 kHz to 16 kHz) is
    left in: sample i out stands at time ``i / out_hz`` less the delay of the input, and comes as soon as the input has
    that time. So n samples in give n * out_hz / in_hz out, rounded up over all pushes, and no block waits for the next.
    Each sample out is a product of its own: how audio is cut into pushes changes no bit.
    """

    def __init__(self, in_hz: int, out_hz: int) -> None:
        self.in_hz = in_hz
        self.out_hz = out_hz
        common = gcd(in_hz, out_hz)
        # A sample out is ``_down`` places after the one before, a sample in has ``_up`` places.
        self._up, self._down = out_hz // common, in_hz // common
        self._filters = None if in_hz == out_hz else _filters(in_hz, out_hz, min(self._up, MOST_PHASES))
        self.reset()

    def reset(self) -> None:
        """Forget all audio: what follows is as from a new resampler."""
        before = 0 if self._filters is None else self._filters.shape[1] - 1
        self._kept = np.zeros(before, np.float32)
        self._place = 0

    def push(self, samples: Samples) -> Samples:
        """Take float32 of shape (n,), give all samples that are due by its end: float32 of shape (m,)."""
        if self._filters is None:
            return samples
        audio = np.concatenate([self._kept, samples])
        n_out = max(0, -(-(len(samples) * self._up - self._place) // self._down))
        pieces = [self._filtered(audio, first, min(AT_ONCE, n_out - first)) for first in range(0, n_out, AT_ONCE)]
        self._place += n_out * self._down - len(samples) * self._up
        self._kept = audio[len(samples) :].copy()
        return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)

    def flush(self) -> Samples:
        """The end of the audio: nothing was held back. Be as new."""
        self.reset()
        return np.zeros(0, np.float32)

    def _filtered(self, audio: Samples, first: int, n_out: int) -> Samples:
        """Samples out, from the ``first`` one of this push on."""
        assert self._filters is not None
        windows = sliding_window_view(audio, self._filters.shape[1])
        places = self._place + self._down * np.arange(first, first + n_out)
        filters = self._filters
        # vecdot goes window by window: a matrix product may sum in another order when their number changes.
        if len(filters) == 1:
            out: Samples = np.vecdot(windows[places[0] : places[-1] + 1 : self._down], filters[0])
        else:
            phases = places % self._up * len(filters) // self._up
            out = np.vecdot(windows[places // self._up], filters[phases])
        return out


@lru_cache(maxsize=8)
def _filters(in_hz: int, out_hz: int, phases: int) -> Rows:
    """A filter for each phase, (phases, taps), from the oldest sample in to the newest; of all the sum is 1."""
    lower_hz = min(in_hz, out_hz)
    half = DELAY_SAMPLES * in_hz / lower_hz
    # From the newest sample to the oldest, in samples in from the filter's middle.
    distance = np.arange(phases)[:, None] / phases + np.arange(int(2 * half) + 1) - half
    window = np.i0(BETA * np.sqrt(np.maximum(1 - (distance / half) ** 2, 0))) * (np.abs(distance) <= half)
    filters = np.sinc(distance * lower_hz / in_hz) * window
    filters /= filters.sum(axis=1, keepdims=True)
    return np.ascontiguousarray(filters[:, ::-1], np.float32)
