"""Several kinds of rows of the same audio, as the models of an ensemble want them."""

from collections.abc import Sequence

import numpy as np

from emostream.audio import Samples
from emostream.features.arrays import Rows
from emostream.features.high_pass import HighPass
from emostream.features.spec import FeatureSpec
from emostream.features.stream import FeatureStream


class FeatureStreams:
    """Audio in, the rows of each spec out, bit for bit as a ``FeatureStream`` of each gives them.

    What they have in common, the high-pass, is computed once. All specs are of one sample rate.
    """

    def __init__(self, specs: Sequence[FeatureSpec]) -> None:
        self._streams = [FeatureStream(spec) for spec in specs]
        self._high_passes = {
            spec.high_pass_hz: HighPass(spec.high_pass_hz, spec.sample_rate_hz) for spec in specs if spec.high_pass_hz
        }

    def reset(self) -> None:
        """Forget all audio: what follows is as from new streams."""
        for stream in self._streams:
            stream.reset()
        for high_pass in self._high_passes.values():
            high_pass.reset()

    def push(self, samples: Samples) -> list[Rows]:
        """Take float32 samples of shape (n,), give each spec's rows, of shape (k, D), of the frames they complete."""
        filtered = {corner_hz: high_pass.push(samples) for corner_hz, high_pass in self._high_passes.items()}
        return [stream.push_filtered(filtered.get(stream.spec.high_pass_hz, samples)) for stream in self._streams]

    def flush(self) -> list[Rows]:
        """The audio ended: give the rows of frames that the high-passes held back, and be as new."""
        filtered = {corner_hz: high_pass.flush() for corner_hz, high_pass in self._high_passes.items()}
        nothing = np.zeros(0, np.float32)
        rows = [stream.push_filtered(filtered.get(stream.spec.high_pass_hz, nothing)) for stream in self._streams]
        self.reset()
        return rows
