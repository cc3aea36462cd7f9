"""A piece of audio with its place on the stream's clock."""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""Mono samples, shape (n,), nominally in [-1, 1]."""


# The monotonic clock of Linux stands still while a laptop sleeps, those of macOS and Windows go on.
_CLOCK_ID: int | None = getattr(time, "CLOCK_BOOTTIME", None)


def arrival_clock_s() -> float:
    """Seconds on a clock that nobody sets and that goes on while the machine sleeps."""
    return time.monotonic() if _CLOCK_ID is None else time.clock_gettime(_CLOCK_ID)


@dataclass(frozen=True, slots=True)
class AudioBlock:
    """Mono samples as they come from a source.

    ``samples`` is float32 of shape (n,), nominally in [-1, 1]. ``first_sample`` is the index of ``samples[0]`` on the
    source's own axis, which lost audio moves on: ``lost_samples`` were lost just before this block, and
    ``paused_samples`` before those were left out because somebody paused. ``arrived_s`` is ``arrival_clock_s()`` when
    the last sample came in, for live sources alone.
    """

    samples: Samples
    sample_rate_hz: int
    first_sample: int
    lost_samples: int = 0
    arrived_s: float | None = None
    paused_samples: int = 0


def require_samples(samples: object) -> None:
    """Raise ``TypeError`` unless these are float32 of shape (n,): integers have another scale."""
    if isinstance(samples, np.ndarray) and samples.dtype == np.float32 and samples.ndim == 1:
        return
    found = f"{samples.dtype} of shape {samples.shape}" if isinstance(samples, np.ndarray) else type(samples).__name__
    raise TypeError(f"got a block of {found}, expected samples of float32 of shape (n,)")
