"""The fit: epochs of batches, a progress line, curves, and a checkpoint after every epoch to go on from."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from trainer import runs
from trainer.bank import voice_of
from trainer.batches import TrainingSet
from trainer.head import Head, Spoken, fit_head
from trainer.learners import Learner, learning_rate, new_learner

# A number in a summary that differs less is the same for everybody and keeps its scale: noise must not be blown up.
LEAST_DEVIATION = 1e-3

# Summaries (S,) of excerpts, by the excerpt's key.
Known = dict[tuple[int, int, bool], NDArray[np.float32]]


@dataclass(frozen=True)
class Fitted:
    """A trained network and its loss by epoch."""

    learner: Learner
    losses: list[float]


def fit(
    training: TrainingSet,
    n_labels: int,
    folder: Path,
    console: Console,
    title: str,
    *,
    published: Path | None = None,
    known: Known | None = None,
) -> Fitted:
    """Train with the set's recipe, or go on from the checkpoint in ``folder`` where there is one.

    ``known`` keeps summaries from one part of a run for the next.
    """
    recipe = training.recipe
    learner = new_learner(recipe, n_labels, training.sample_rows(), published)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint, draft, losses = folder / runs.CHECKPOINT, folder / runs.DRAFT, runs.read_losses(folder)
    if checkpoint.exists():
        learner.load(checkpoint)
    steps = recipe.epochs * training.batches_per_epoch
    began, began_at = time.monotonic(), len(losses)
    for epoch in range(len(losses), recipe.epochs):
        # The head that was fitted after fewer epochs is not this network's.
        (folder / runs.SUMMARIES).unlink(missing_ok=True)
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
    if recipe.relative and not (folder / runs.SUMMARIES).exists():
        console.print(f"{title}  head", highlight=False)
        # Of a network that learns nothing before its head, all parts of a run hear the same.
        head = _fit_head(learner, training, {} if recipe.epochs or known is None else known)
        learner.save(draft)
        draft.replace(checkpoint)
        runs.write_summaries(folder, head.neutral, head.speech)
    return Fitted(learner, losses)


def _fit_head(learner: Learner, training: TrainingSet, known: Known) -> Head:
    """Give the learner, which has ended its epochs, the head that fits its summaries of the training side."""
    facts, summaries = [], []
    for excerpt in training.once():
        facts.append((excerpt.number, excerpt.version, excerpt.full, excerpt.weight, len(excerpt.window)))
        if excerpt.key not in known:
            known[excerpt.key] = learner.judge(excerpt.window[None])[1][0]
        summaries.append(known[excerpt.key])
    number, version, full, weight, rows = (np.array(column) for column in zip(*facts, strict=True))
    x, whole = np.stack(summaries), (version % 2 == 0) & full
    mean, deviation = x[whole].mean(axis=0), x[whole].std(axis=0)
    deviation[deviation < LEAST_DEVIATION] = 1
    learner.rescale(mean, deviation)
    clips, labels, spec = [training.clips[i] for i in number], training.labels, training.recipe.features
    truth = labels.indices(clips)
    head = fit_head(
        Spoken(
            summaries=(x - mean) / deviation,
            truth=truth,
            voices=np.array([f"{clip.speaker}/{voice}" for clip, voice in zip(clips, voice_of(version), strict=True)]),
            speakers=np.array([clip.speaker for clip in clips]),
            clips=number,
            seconds=rows * spec.hop_length / spec.sample_rate_hz,
            weights=weight / weight.mean(),
            whole=whole,
            neutral=whole & (truth == labels.index("neutral")),
        ),
        len(labels.labels),
    )
    learner.set_head(head)
    return head
