"""Made-up voices of known pitch, level and syllables."""

import numpy as np

from emostream.audio import Samples

HZ = 16_000


def harmonics(pitch_hz: float, seconds: float, *, level: float = 0.1, noise: float = 0.0, seed: int = 0) -> Samples:
    """A stack of harmonics that fall by 6 dB an octave up to 4 kHz, RMS ``level``, white noise of RMS ``noise``."""
    t = np.arange(round(seconds * HZ)) / HZ
    orders = np.arange(1, int(4_000 / pitch_hz) + 1)
    phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, len(orders))
    stack = (np.sin(2 * np.pi * pitch_hz * orders * t[:, None] + phases) / orders).sum(axis=1)
    stack *= level / np.sqrt(np.mean(stack**2))
    return (stack + np.random.default_rng(seed + 1).normal(0, noise, len(t))).astype(np.float32)


def syllables(per_s: float, seconds: float, pitch_hz: float = 130.0, *, noise: float = 0.0) -> Samples:
    """A stack of harmonics that swells ``per_s`` times a second, by some 26 dB."""
    voice = harmonics(pitch_hz, seconds)
    t = np.arange(len(voice)) / HZ
    swell = 0.05 + 0.95 * np.sin(np.pi * per_s * t) ** 2
    return (voice * swell + np.random.default_rng(2).normal(0, noise, len(t))).astype(np.float32)
