"""Any input rate to the models' rate, with soxr's stream, for files and microphones alike."""

import numpy as np
import soxr

from emostream.audio import Samples


class Resampler:
    """Audio at ``in_hz`` in, audio at ``out_hz`` out; equal rates pass through untouched.

    The filter is linear-phase and looks ahead: what it holds back (about 40 ms) comes with later pushes or with
    ``flush``, and sample i out stands at time ``i / out_hz`` of the input.
    """

    def __init__(self, in_hz: int, out_hz: int) -> None:
        self.in_hz = in_hz
        self.out_hz = out_hz
        self.reset()

    def reset(self) -> None:
        """Forget all audio: what follows is as from a new resampler."""
        same = self.in_hz == self.out_hz
        self._stream = None if same else soxr.ResampleStream(self.in_hz, self.out_hz, 1, dtype="float32", quality="HQ")

    def push(self, samples: Samples) -> Samples:
        """Take float32 of shape (n,), give what is ready: float32 of shape (m,)."""
        return samples if self._stream is None else self._run(samples, last=False)

    def flush(self) -> Samples:
        """The end of the audio: give what was held back, and be as new."""
        tail = np.zeros(0, np.float32) if self._stream is None else self._run(np.zeros(0, np.float32), last=True)
        self.reset()
        return tail

    def _run(self, samples: Samples, *, last: bool) -> Samples:
        assert self._stream is not None
        out: Samples = self._stream.resample_chunk(samples, last=last)
        return out
