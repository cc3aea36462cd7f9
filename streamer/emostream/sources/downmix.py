"""Whether the mean of a file's channels is what they hold: where one is inverted, most of the voice is gone from it."""

from pathlib import Path

import numpy as np

from emostream.sources.decoding import open_sound

# Of channels that have nothing in common, the mean holds the sum of their energies divided by N squared: one that holds
# a tenth of that is what is left when they cancel each other out.
LEAST_SHARE = 0.1
_BLOCK_SAMPLES = 1 << 16
# Far more than it takes to know; the whole of a long recording would delay its beginning.
_MOST_S = 600


def cancelled_channel(path: Path) -> int | None:
    """The strongest channel, from 0, of a file whose channels cancel each other out; None for all other files.

    Decided once for a file, from its first ten minutes. Raises ``NoInputError`` as ``open_sound``.
    """
    with open_sound(path) as sound:
        energies, mixed = np.zeros(sound.channels), 0.0
        for _ in range(0, _MOST_S * sound.samplerate, _BLOCK_SAMPLES):
            samples = sound.read(_BLOCK_SAMPLES).astype(np.float64)
            if not len(samples):
                break
            energies += np.square(samples).sum(axis=0)
            mixed += float(np.square(samples.mean(axis=1)).sum())
    expected = float(energies.sum()) / len(energies) ** 2
    if np.isfinite(expected) and mixed < LEAST_SHARE * expected:
        return int(np.argmax(energies))
    return None
