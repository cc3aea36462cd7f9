"""A network that learns: the same verbs over Keras and over torch."""

import math
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from emostream.features.arrays import Rows
from emostream_trainer.data.training_set import Batch
from emostream_trainer.networks.network import Network
from emostream_trainer.networks.registry import network_entry
from emostream_trainer.recipes import Recipe
from emostream_trainer.training.devices import Device
from emostream_trainer.training.discriminant import Discriminant

WARM_UP_SHARE = 0.15


class Learner(Network, Protocol):
    """A network with its optimiser. ``rescale`` and ``set_discriminant`` are for networks with a summary alone."""

    def learn(self, batch: Batch, learning_rate: float) -> dict[str, float]:
        """One optimiser step; gives the parts of what it made smaller, their sum, by name: cross-entropies in nats.

        A network of one part calls it ``loss``; a squared distance from the teacher's summary is ``teacher distance``.
        """

    def rescale(self, mean: NDArray[np.float32], deviation: NDArray[np.float32]) -> None:
        """Standardise summaries by the mean and deviation (S,) of the summaries as they are now."""

    def set_discriminant(self, discriminant: Discriminant) -> None:
        """Classify standardised summaries by this discriminant."""

    def save(self, path: Path) -> None:
        """Write all that is needed to go on learning, or to export."""

    def load(self, path: Path) -> None:
        """Read what ``save`` wrote."""


def new_learner(
    recipe: Recipe, n_labels: int, rows: Rows, pretrained: Path | None = None, device: Device = "cpu"
) -> Learner:
    """A learner before its first step on a device that ``check_device`` lets pass.

    Other arguments and errors are those of ``build_network``.
    """
    if network_entry(recipe).framework == "torch":
        from emostream_trainer.training.torch_learner import TorchLearner

        return TorchLearner(recipe, n_labels, rows, pretrained, device)
    from emostream_trainer.training.keras_learner import KerasLearner

    return KerasLearner(recipe, n_labels, rows, device)


def learning_rate(recipe: Recipe, step: int, steps: int) -> float:
    """The rate at a step of ``steps``: constant as published, or a warm-up over 15 % of them, then a cosine to zero."""
    if not recipe.warm_up:
        return recipe.learning_rate
    warm_up_steps = WARM_UP_SHARE * steps
    if step < warm_up_steps:
        return recipe.learning_rate * (0.04 + 0.96 * step / warm_up_steps)
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - warm_up_steps) / (steps - warm_up_steps)))
