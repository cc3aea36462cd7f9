"""Arithmetic of probabilities: softmax, several models' probabilities as one, and how far models agree."""

from collections.abc import Sequence

import numpy as np

from emostream.features.arrays import Logits, Probabilities

# Keeps the logarithm of a probability that was rounded to zero finite.
LEAST_PROBABILITY = np.float32(1e-30)


def softmax(logits: Logits) -> Probabilities:
    """Softmax over the last axis.

    >>> softmax(np.array([[1, 1], [7, 7]], np.float32)).tolist()
    [[0.5, 0.5], [0.5, 0.5]]
    """
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    out: Probabilities = raised / raised.sum(axis=-1, keepdims=True)
    return out


def logarithmic_pool(p: Probabilities, weights: Sequence[float]) -> Probabilities:
    """Several models' probabilities (M, ..., K) as one (..., K): softmax(sum of weight * log p).

    A logarithmic opinion pool (Genest & Zidek 1986); the weight of a single model is one over a temperature.

    >>> p = np.array([[0.8, 0.2], [0.5, 0.5]], np.float32)
    >>> logarithmic_pool(p, (1.0, 0.0)).round(3).tolist() == p[0].round(3).tolist()
    True
    """
    logarithms = np.log(np.maximum(p, LEAST_PROBABILITY))
    return softmax(np.tensordot(np.asarray(weights, np.float32), logarithms, axes=1))


def agreement(p: Probabilities) -> float:
    """How far models agree, 0 to 1, given their probabilities (M, K).

    One minus the total variation distance between the two models that differ most.

    >>> agreement(np.array([[1, 0], [1, 0], [0.5, 0.5]], np.float32))
    0.5
    """
    distances = np.abs(p[:, None] - p[None, :]).sum(axis=2) / 2
    return 1 - float(distances.max())
