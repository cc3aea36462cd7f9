"""The kinds of arrays between the microphone's samples and an event, each with its shape.

All hold float32, save ``MeanSummary``.

B windows in a batch, T rows in a window, k rows, D columns in a row, K labels, S numbers in a summary.
"""

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]
"""Feature rows, shape (k, D)."""
Windows = NDArray[np.float32]
"""Windows of feature rows, shape (B, T, D)."""
Logits = NDArray[np.float32]
"""Raw scores, shape (B, K)."""
Probabilities = NDArray[np.float32]
"""Probabilities that sum to 1 over labels, shape (B, K); of a single window (K,)."""
Summaries = NDArray[np.float32]
"""Pooled statistics of windows, standardised by the training speakers, shape (B, S); of a single window (S,)."""
Offset = NDArray[np.float32]
"""How far a speaker's summaries lie from those of all speakers, shape (S,), or one for each window, shape (B, S)."""
MeanSummary = NDArray[np.float64]
"""The mean of summaries over seconds of speech, shape (S,), in double precision: it is a running sum over hours."""
