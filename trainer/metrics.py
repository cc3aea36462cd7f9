"""Scores. UAR, the mean of the recalls of all labels, is the field's measure where classes differ in size."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, recall_score

Labels = NDArray[np.int64]

UNNAMED = -1


def uar(truth: Labels, named: Labels) -> float:
    """Unweighted average recall over the labels that occur in ``truth``; a clip without a verdict counts as wrong."""
    return float(np.mean(recalls(truth, named, sorted(set(truth.tolist())))))


def recalls(truth: Labels, named: Labels, labels: Sequence[int]) -> NDArray[np.float64]:
    """The recall of each of ``labels``."""
    scores: NDArray[np.float64] = recall_score(truth, named, labels=list(labels), average=None, zero_division=0)
    return scores


def confusion(truth: Labels, named: Labels, n_labels: int) -> Labels:
    """Counts of shape (K, K + 1): rows the truth, columns what was named, the last one for no verdict."""
    counts = confusion_matrix(truth, named, labels=[*range(n_labels), UNNAMED])
    return np.asarray(counts[:n_labels], np.int64)
