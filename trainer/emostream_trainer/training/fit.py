"""The fit: epochs of batches, a progress line, curves, and a checkpoint after every epoch to go on from."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from emostream_trainer import runs
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.data.training_set import Excerpt, TrainingSet
from emostream_trainer.recipes import Recipe
from emostream_trainer.training.discriminant import Discriminant, DiscriminantWindows, fit_discriminant
from emostream_trainer.training.learner import Learner, learning_rate, new_learner

# A number in a summary that differs less is the same for everybody and keeps its scale: noise must not be blown up.
LEAST_DEVIATION = 1e-3

# What all augmented windows together weigh for one clean window: a tenth of the whole. More of them costs more on clean
# speech than it gains in noise (models/README.md).
AUGMENTED_WEIGHT = 1 / 9
BATCH = 32

F32 = NDArray[np.float32]
Judge = Callable[[Learner], tuple[runs.SideFigures | None, runs.SideFigures | None]]
# Summaries (S,) of windows.
SummaryCache = dict[Excerpt, F32]


@dataclass(frozen=True)
class Fitted:
    """A trained network, and what is known of its epochs."""

    learner: Learner
    history: list[runs.EpochRecord]


def fit(
    training: TrainingSet,
    n_labels: int,
    folder: Path,
    console: Console,
    title: str,
    *,
    pretrained: Path | None = None,
    known: SummaryCache | None = None,
    judge: Judge | None = None,
) -> Fitted:
    """Train with the set's recipe, or go on from the checkpoint in ``folder`` where there is one.

    ``known`` keeps summaries from one part of a run for the next. ``judge`` gives the figures of the training and of
    the validation side after an epoch; what it says changes nothing.
    """
    recipe = training.recipe
    learner = new_learner(recipe, n_labels, training.sample_rows(), pretrained)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint, draft, history = folder / runs.CHECKPOINT, folder / runs.DRAFT, runs.read_history(folder)
    if checkpoint.exists():
        learner.load(checkpoint)
    steps = recipe.epochs * training.batches_per_epoch
    began, began_at = time.monotonic(), len(history)
    for epoch in range(len(history), recipe.epochs):
        # The discriminant that was fitted after fewer epochs is not this network's.
        (folder / runs.SUMMARIES).unlink(missing_ok=True)
        first = epoch * training.batches_per_epoch
        taken = [
            learner.learn(batch, learning_rate(recipe, first + i, steps))
            for i, batch in enumerate(training.epoch(epoch))
        ]
        training_side, validation_side = judge(learner) if judge else (None, None)
        history.append(
            runs.EpochRecord(objective=float(np.mean(taken)), training=training_side, validation=validation_side)
        )
        # In one move: whoever interrupts here finds a whole checkpoint to go on from.
        learner.save(draft)
        draft.replace(checkpoint)
        runs.write_history(folder, history)
        left_s = (time.monotonic() - began) / (len(history) - began_at) * (recipe.epochs - len(history))
        console.print(
            f"{title}  epoch {len(history)}/{recipe.epochs}  {_described(recipe, history[-1])}  {left_s:.0f} s left",
            highlight=False,
            soft_wrap=True,
        )
    if recipe.relative and not (folder / runs.SUMMARIES).exists():
        console.print(f"{title}  discriminant", highlight=False)
        # Where the network learns nothing before its discriminant, its summaries are the same in all parts of a run.
        discriminant = _fit_discriminant(learner, training, {} if recipe.epochs or known is None else known)
        learner.save(draft)
        draft.replace(checkpoint)
        runs.write_summaries(folder, discriminant.neutral, discriminant.speech)
    return Fitted(learner, history)


def _described(recipe: Recipe, record: runs.EpochRecord) -> str:
    """What an epoch's line says, each figure by its name."""
    said = [f"{'distance from the teacher' if recipe.teacher_weight else 'loss'} {record.objective:.4f}"]
    if record.training:
        said.append(f"training accuracy {record.training.accuracy:.3f}")
    if record.validation:
        said.append(f"validation loss {record.validation.loss:.3f}, accuracy {record.validation.accuracy:.3f}")
        said.append(f"UAR {record.validation.uar:.3f}")
    return "  ".join(said)


def _fit_discriminant(learner: Learner, training: TrainingSet, known: SummaryCache) -> Discriminant:
    """Give the learner, which has ended its epochs, the discriminant of its summaries of the training side."""
    clips, windows = zip(*training.excerpts(), strict=True)
    _summarise(learner, training, [window for window in windows if window not in known], known)
    x = np.stack([known[window] for window in windows])
    clean = np.array([window.view == 0 for window in windows])
    mean, deviation = x[clean].mean(axis=0), x[clean].std(axis=0)
    deviation[deviation < LEAST_DEVIATION] = 1
    learner.rescale(mean, deviation)
    labels, recipe = training.labels, training.recipe
    truth = labels.indices(clips)
    discriminant = fit_discriminant(
        DiscriminantWindows(
            summaries=(x - mean) / deviation,
            truth=truth,
            speakers=np.array([clip.speaker for clip in clips]),
            seconds=np.array([window.new_speech_s for window in windows]),
            weights=_weights(clips, windows, truth),
            clean=clean,
            neutral=clean & (truth == labels.index("neutral")),
        ),
        len(labels.labels),
        shrinkage=recipe.shrinkage,
        between_speaker_weight=recipe.between_speaker_weight,
    )
    learner.set_discriminant(discriminant)
    return discriminant


def _summarise(learner: Learner, training: TrainingSet, windows: Sequence[Excerpt], known: SummaryCache) -> None:
    """Run the learner on these windows, those of one length together, and keep their summaries."""
    of_length: dict[int, list[Excerpt]] = defaultdict(list)
    for window in windows:
        of_length[window.stop - window.start].append(window)
    for alike in of_length.values():
        for first in range(0, len(alike), BATCH):
            batch = alike[first : first + BATCH]
            rows = [training.cache.clip(of.number, of.view)[of.start : of.stop] for of in batch]
            known.update(zip(batch, learner.run(np.stack(rows))[1], strict=True))


def _weights(clips: Sequence[Clip], windows: Sequence[Excerpt], truth: NDArray[np.int64]) -> NDArray[np.float64]:
    """The weight of each window (N,): the same for each label of each corpus, a clip's windows by their speech."""
    views = [(window.number, window.view) for window in windows]
    speech_s: dict[tuple[int, int], float] = defaultdict(float)
    for view, window in zip(views, windows, strict=True):
        speech_s[view] += window.speech_s
    cells = [(clip.corpus, label) for clip, label in zip(clips, truth.tolist(), strict=True)]
    sizes = Counter(cell for _, cell in set(zip(views, cells, strict=True)))
    return np.array(
        [
            window.speech_s / speech_s[view] / sizes[cell] * (AUGMENTED_WEIGHT if window.view else 1)
            for view, window, cell in zip(views, windows, cells, strict=True)
        ]
    )
