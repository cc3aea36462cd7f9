"""What makes confidence honest: a network's temperature (Guo et al. 2017), and how far each of several is believed."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

# Half the last place of probabilities in events, whose logarithm must be finite.
LEAST_P = 5e-5
# A pool of weights 0 has no opinion: models at chance still get this weight.
LEAST_WEIGHT, MOST_WEIGHT = 0.01, 10.0


def fit_temperature(logits: F32 | F64, labels: NDArray[np.int64]) -> float:
    """The temperature in [0.1, 10] with the least cross-entropy on clips that training did not hear.

    ``logits`` (N, K), ``labels`` (N,) in 0..K-1.
    """

    def cross_entropy(log_temperature: float) -> float:
        scores = log_softmax(logits / np.exp(log_temperature), axis=1)
        return -float(scores[np.arange(len(labels)), labels].mean())

    return float(np.exp(minimize_scalar(cross_entropy, bounds=(np.log(0.1), np.log(10)), method="bounded").x))


def pool_weights(p: F64, labels: NDArray[np.int64]) -> tuple[float, ...]:
    """How far each of some models is to be believed (``logarithmic_pool``), with the least cross-entropy.

    ``p`` (M, N, K) are their predictions on clips that are not in training; clips in which one found no speech are left
    out. Weights are in [0.01, 10].
    """
    with_speech = p.any(axis=2).all(axis=0)
    logarithms, truth = np.log(np.maximum(p[:, with_speech], LEAST_P)), labels[with_speech]
    rows = np.arange(len(truth))

    def cross_entropy(weights: F64) -> float:
        return -float(log_softmax(np.tensordot(weights, logarithms, axes=1), axis=1)[rows, truth].mean())

    equal, bounds = np.full(len(p), 1 / len(p)), [(LEAST_WEIGHT, MOST_WEIGHT)] * len(p)
    return tuple(minimize(cross_entropy, equal, bounds=bounds, method="L-BFGS-B").x.tolist())


def cross_fitted(p: F64, labels: NDArray[np.int64], held_out: NDArray[Any]) -> dict[Any, tuple[float, ...]]:
    """For each value of ``held_out`` (N,) the weights that all other clips ask for."""
    return {
        each: pool_weights(p[:, held_out != each], labels[held_out != each]) for each in sorted(set(held_out.tolist()))
    }
