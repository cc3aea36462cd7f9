"""Continuously variable slope delta modulation, the narrow-band speech codec of Bluetooth headsets: one bit a sample.

By the Bluetooth Core Specification, Volume 2, Part B, section 9.2, with its parameters. No library that is at hand has
it.
"""

from collections.abc import Iterator

import numpy as np
import soxr

from emostream.audio import Samples

SAMPLE_RATE_HZ = 8_000
BIT_RATE_HZ = 64_000
FULL_SCALE = 32_768
# So many equal bits in a row say that the slope is too small.
RUN = 4
LEAST_STEP, MOST_STEP = 10.0, 1_280.0
STEP_DECAY = 1 - 1 / 1_024
ACCUMULATOR_DECAY = 1 - 1 / 32


def cvsd(audio: Samples) -> Samples:
    """Audio (n,) at 8 kHz, encoded at 64 kbit/s and decoded without transmission errors: float32 of shape (n,)."""
    target = FULL_SCALE * soxr.resample(audio, SAMPLE_RATE_HZ, BIT_RATE_HZ)
    decoded = np.fromiter(_accumulated(target.tolist()), np.float32, len(target)) / FULL_SCALE
    # The decoder's low-pass filter: what lies above the speech is quantisation noise.
    narrow: Samples = soxr.resample(decoded, BIT_RATE_HZ, SAMPLE_RATE_HZ)[: len(audio)]
    return np.pad(narrow, (0, len(audio) - len(narrow)))


def _accumulated(target: list[float]) -> Iterator[float]:
    """The decoder's accumulator at each bit. The encoder's is the same: a bit says on which side the next lies."""
    run, last, step, estimate = 0, True, LEAST_STEP, 0.0
    for value in target:
        up = value >= estimate
        run = run + 1 if up == last else 1
        last = up
        step = min(step + LEAST_STEP, MOST_STEP) if run >= RUN else max(step * STEP_DECAY, LEAST_STEP)
        accumulator = min(max(estimate + (step if up else -step), -FULL_SCALE), FULL_SCALE - 1)
        estimate = ACCUMULATOR_DECAY * accumulator
        yield accumulator
