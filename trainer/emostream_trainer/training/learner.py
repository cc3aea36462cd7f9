"""One network that learns: the same verbs over torch and over Keras."""

import math
import os
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from emostream_trainer.data.training_set import Batch
from emostream_trainer.recipes import Recipe
from emostream_trainer.training.discriminant import Discriminant

F32 = NDArray[np.float32]


class Learner(Protocol):
    """A network, its optimiser and how it takes a step.

    ``summary_size`` is S, 0 for a network without a summary; only others have ``rescale`` and
    ``set_discriminant`` called.
    """

    summary_size: int

    def learn(self, batch: Batch, learning_rate: float) -> float:
        """One optimiser step; gives the loss."""

    def run(self, windows: F32, offset: F32 | None = None) -> tuple[F32, F32]:
        """Logits (B, K) and summaries (B, S) of windows (B, T, D), as in use; no ``offset`` (B, S) stands for zeros."""

    def rescale(self, mean: F32, deviation: F32) -> None:
        """Standardise summaries by these numbers (S,) of the summaries as they are now."""

    def set_discriminant(self, head: Discriminant) -> None:
        """Judge standardised summaries by this head."""

    def save(self, path: Path) -> None:
        """Write all that is needed to go on learning, or to export."""

    def load(self, path: Path) -> None:
        """Read what ``save`` wrote."""


def new_learner(recipe: Recipe, n_labels: int, rows: F32, published: Path | None = None) -> Learner:
    """A learner before its first step.

    ``rows`` (N, D) are training rows for the normalisation, ``published`` the file of the network that heard Dusha, for
    the variants that start from it; without it they start from nothing, which is right before ``load`` alone.
    """
    if recipe.network == "mel_cnn2d":
        from emostream_trainer.training.torch_learner import TorchLearner

        return TorchLearner(recipe, n_labels, rows, published)
    # TensorFlow reads this at import; its start-up messages say nothing to whoever trains.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from emostream_trainer.training.keras_learner import KerasLearner

    return KerasLearner(recipe, n_labels, rows)


def learning_rate(recipe: Recipe, step: int, steps: int) -> float:
    """The rate at a step: constant as published, or one warm-up over 15 % of the steps and a cosine down to zero."""
    if not recipe.warm_up:
        return recipe.learning_rate
    warm = 0.15 * steps
    if step < warm:
        return recipe.learning_rate * (0.04 + 0.96 * step / warm)
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - warm) / (steps - warm)))


__all__ = ["Learner", "learning_rate", "new_learner"]
