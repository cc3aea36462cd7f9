"""Temperature scaling (Guo et al. 2017): one number that makes a network's confidence honest."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

# Half the last place of probabilities in events, whose logarithm must be finite.
LEAST_P = 5e-5


def fit_temperature(logits: F32 | F64, labels: NDArray[np.int64]) -> float:
    """The temperature in [0.1, 10] with the least cross-entropy on clips that training did not hear.

    ``logits`` (N, K), ``labels`` (N,) in 0..K-1.
    """

    def cross_entropy(log_temperature: float) -> float:
        scores = log_softmax(logits / np.exp(log_temperature), axis=1)
        return -float(scores[np.arange(len(labels)), labels].mean())

    return float(np.exp(minimize_scalar(cross_entropy, bounds=(np.log(0.1), np.log(10)), method="bounded").x))


def tempered(p: F64, temperature: float) -> F64:
    """``softmax(log(p) / temperature)`` of probabilities (N, K); rows of zeros, where nothing was heard, stay so."""
    heard = p.any(axis=1, keepdims=True)
    return np.where(heard, softmax(np.log(np.maximum(p, LEAST_P)) / temperature, axis=1), 0.0)


def pair_temperature(p: F64, labels: NDArray[np.int64]) -> float:
    """The temperature for ``tempered`` of what models say together, on the clips that hold speech."""
    heard = p.any(axis=1)
    return fit_temperature(np.log(np.maximum(p[heard], LEAST_P)), labels[heard])


def cross_fitted(p: F64, labels: NDArray[np.int64], fold: NDArray[np.int64]) -> dict[int, float]:
    """For each fold the temperature that the clips of all other folds ask for: {fold: temperature}."""
    return {each: pair_temperature(p[fold != each], labels[fold != each]) for each in sorted(set(fold.tolist()))}
