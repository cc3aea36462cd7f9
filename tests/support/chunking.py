"""Audio cut up at random, for properties of the kind 'any chunking gives the same'."""

import numpy as np
from hypothesis import strategies as st

from emostream.audio import Samples


def cuts(n_samples: int, *, most: int = 12) -> st.SearchStrategy[list[int]]:
    """Up to ``most`` sorted positions in an audio of ``n_samples``; equal ones make an empty chunk."""
    return st.lists(st.integers(0, n_samples), max_size=most).map(sorted)


def chunks(samples: Samples, at: list[int]) -> list[Samples]:
    """The pieces of ``samples`` between the positions ``at``."""
    return np.split(samples, at)
