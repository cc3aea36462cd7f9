"""Temperature scaling (Guo et al. 2017): one number that makes a network's confidence honest."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

F32 = NDArray[np.float32]


def fit_temperature(logits: F32, labels: NDArray[np.int64]) -> float:
    """The temperature in [0.1, 10] with the least cross-entropy on clips that training did not hear.

    ``logits`` (N, K), ``labels`` (N,) in 0..K-1.
    """

    def cross_entropy(log_temperature: float) -> float:
        scores = log_softmax(logits / np.exp(log_temperature), axis=1)
        return -float(scores[np.arange(len(labels)), labels].mean())

    return float(np.exp(minimize_scalar(cross_entropy, bounds=(np.log(0.1), np.log(10)), method="bounded").x))
