"""The fit: epochs of batches, a progress line, curves, and a checkpoint after every epoch to go on from."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console

from trainer import runs
from trainer.batches import TrainingSet
from trainer.learners import Learner, learning_rate, new_learner


@dataclass(frozen=True)
class Fitted:
    """A trained network and its loss by epoch."""

    learner: Learner
    losses: list[float]


def fit(
    training: TrainingSet, n_labels: int, folder: Path, console: Console, title: str, *, published: Path | None = None
) -> Fitted:
    """Train with the set's recipe, or go on from the checkpoint in ``folder`` where there is one."""
    recipe = training.recipe
    learner = new_learner(recipe, n_labels, training.sample_rows(), published)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint, draft, losses = folder / runs.CHECKPOINT, folder / runs.DRAFT, runs.read_losses(folder)
    if losses:
        learner.load(checkpoint)
    steps = recipe.epochs * training.batches_per_epoch
    began, began_at = time.monotonic(), len(losses)
    for epoch in range(len(losses), recipe.epochs):
        first = epoch * training.batches_per_epoch
        taken = [
            learner.learn(batch, learning_rate(recipe, first + i, steps))
            for i, batch in enumerate(training.epoch(epoch))
        ]
        losses.append(float(np.mean(taken)))
        # In one move: whoever interrupts here finds a whole checkpoint to go on from.
        learner.save(draft)
        draft.replace(checkpoint)
        runs.write_losses(folder, losses)
        left_s = (time.monotonic() - began) / (len(losses) - began_at) * (recipe.epochs - len(losses))
        console.print(f"{title}  epoch {len(losses)}/{recipe.epochs}  loss {losses[-1]:.4f}  {left_s:.0f} s left")
    return Fitted(learner, losses)
