"""A recording's sound as pictures have it: its outline, and the sound itself for pages that play it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emostream.audio import Samples


@dataclass(frozen=True, slots=True, eq=False)
class Envelope:
    """The lowest and the highest sample of each ``column_ms`` of a recording: f32[n] in [-1, 1], around 0."""

    column_ms: float
    low: NDArray[np.float32]
    high: NDArray[np.float32]

    def resampled(self, start_ms: float, end_ms: float, columns: int) -> tuple[Samples, Samples]:
        """Low and high of so many equal parts of a stretch, f32[columns] each; 0 where there is no sound."""
        edges = np.linspace(start_ms, end_ms, columns + 1) / self.column_ms
        first = np.clip(np.floor(edges[:-1]).astype(np.int64), 0, len(self.low))
        last = np.clip(np.maximum(np.ceil(edges[1:]).astype(np.int64), first + 1), 0, len(self.low))
        parts = list(zip(first, last, strict=True))
        low = [self.low[a:b].min(initial=0.0) for a, b in parts]
        high = [self.high[a:b].max(initial=0.0) for a, b in parts]
        return np.array(low, np.float32), np.array(high, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class PlayedAudio:
    """The sound itself, as a browser plays it: ``data`` is Ogg Vorbis, 16 kHz, one channel."""

    data: bytes
    media_type: str = "audio/ogg"
