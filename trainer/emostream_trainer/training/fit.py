"""The fit: epochs of batches, what is known of each, and a checkpoint after every epoch to go on from."""

import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emostream_trainer import runs
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.data.feature_cache import BY_TELEPHONE
from emostream_trainer.data.training_set import Excerpt, TrainingSet, batches_of_one_length, rows_of
from emostream_trainer.training.devices import Device
from emostream_trainer.training.discriminant import (
    LEAST_DEVIATION,
    Discriminant,
    DiscriminantWindows,
    NarrowDiscriminant,
    fit_discriminant,
    mean_summary,
)
from emostream_trainer.training.event_log import EventLog
from emostream_trainer.training.learner import Learner, learning_rate, new_learner
from emostream_trainer.training.progress import RunProgress
from emostream_trainer.training.summaries import SummaryCache

# What all augmented windows together weigh for one clean window: a tenth of the whole. More of them costs more on clean
# speech than it gains in noise (models/README.md).
AUGMENTED_WEIGHT = 1 / 9
F32 = NDArray[np.float32]
# Of a learner, and whether it has its classifier already: figures of the training and of the validation side.
Judge = Callable[[Learner, bool], tuple[runs.SideFigures | None, runs.SideFigures | None]]


@dataclass(frozen=True)
class Fitted:
    """A trained network, and what is known of its epochs."""

    learner: Learner
    history: list[runs.EpochRecord]


def fit(
    training: TrainingSet,
    n_labels: int,
    folder: Path,
    progress: RunProgress,
    *,
    pretrained: Path | None = None,
    known: SummaryCache | None = None,
    judge: Judge | None = None,
    device: Device = "cpu",
) -> Fitted:
    """Train with the set's recipe, or go on from the checkpoint in ``folder`` where there is one.

    ``known`` keeps summaries from one part of a run for the next. ``judge`` gives the figures of the training and of
    the validation side after an epoch; what it says changes nothing but where a recipe with patience ends, and which
    epoch's network it gives.
    """
    recipe = training.recipe
    learner = new_learner(recipe, n_labels, training.sample_rows(), pretrained, device)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint, history = folder / runs.CHECKPOINT, runs.read_history(folder)
    if checkpoint.exists():
        learner.load(checkpoint)
    if not runs.has_ended(history, recipe):
        # The discriminant that was fitted after fewer epochs is not this network's.
        (folder / runs.SUMMARIES).unlink(missing_ok=True)
        with EventLog(folder) as log:
            while not runs.has_ended(history, recipe):
                history.append(_epoch(learner, training, len(history), progress, judge))
                _save(learner, folder, checkpoint)
                if recipe.patience and runs.best_epoch(history) == len(history) - 1:
                    _copy(checkpoint, folder / runs.BEST)
                runs.write_history(folder, history)
                log.write(len(history), history[-1])
                progress.epoch_ended(len(history), recipe.epochs, _described(history[-1]))
    used = folder / runs.BEST if recipe.patience and history else checkpoint
    if used != checkpoint:
        learner.load(used)
    if recipe.relative and not (folder / runs.SUMMARIES).exists():
        # Where the network learns nothing before its discriminant, its summaries are the same in all parts of a run.
        known = {} if recipe.epochs or known is None else known
        discriminant = _fit_discriminant(learner, training, known, progress)
        _save(learner, folder, used)
        moods = discriminant.moods if recipe.speaker_share < 1 else None
        runs.write_summaries(folder, runs.UsualSummaries(discriminant.neutral, discriminant.speech, moods))
        figures = _figures(judge(learner, True)) if judge else {}
        progress.say("  ".join(["discriminant", *(f"{name} {value}" for name, value in figures.items())]))
    return Fitted(learner, history)


def _epoch(
    learner: Learner, training: TrainingSet, epoch: int, progress: RunProgress, judge: Judge | None
) -> runs.EpochRecord:
    """Learn from the batches of an epoch, counted from 0."""
    recipe, count = training.recipe, training.batches_per_epoch
    batches = progress.batches(training.epoch(epoch), epoch + 1, recipe.epochs, count)
    taken = [
        learner.learn(batch, learning_rate(recipe, epoch * count + i, recipe.epochs * count))
        for i, batch in enumerate(batches)
    ]
    parts = {name: float(np.mean([step[name] for step in taken])) for name in taken[0]}
    training_side, validation_side = judge(learner, recipe.teacher is None) if judge else (None, None)
    return runs.EpochRecord(
        objective=sum(parts.values()), parts=parts, training=training_side, validation=validation_side
    )


def _save(learner: Learner, folder: Path, path: Path) -> None:
    """Write a checkpoint in one move: whoever interrupts here finds a whole one to go on from."""
    learner.save(folder / runs.DRAFT)
    (folder / runs.DRAFT).replace(path)


def _copy(checkpoint: Path, to: Path) -> None:
    draft = checkpoint.with_name(runs.DRAFT)
    shutil.copyfile(checkpoint, draft)
    draft.replace(to)


def _described(record: runs.EpochRecord) -> dict[str, str]:
    """What an epoch's row says, each figure by its name."""
    parts = {name: f"{value:.4f}" for name, value in record.parts.items()}
    return parts | _figures((record.training, record.validation))


def _figures(sides: tuple[runs.SideFigures | None, runs.SideFigures | None]) -> dict[str, str]:
    training, validation = sides
    figures = {"train acc": training.accuracy} if training else {}
    if validation:
        figures |= {"valid loss": validation.loss, "valid acc": validation.accuracy, "valid UAR": validation.uar}
    return {name: f"{value:.3f}" for name, value in figures.items()}


def _fit_discriminant(
    learner: Learner, training: TrainingSet, known: SummaryCache, progress: RunProgress
) -> Discriminant:
    """Give the learner, which has ended its epochs, the discriminant of its summaries of the training side."""
    clips, windows = zip(*training.excerpts(), strict=True)
    _summarise(learner, training, [window for window in windows if window not in known], known, progress)
    x = np.stack([known[window] for window in windows])
    views = np.array([window.view for window in windows])
    clean, by_telephone = views == 0, views == BY_TELEPHONE
    mean, deviation = x[clean].mean(axis=0), x[clean].std(axis=0)
    deviation[deviation < LEAST_DEVIATION] = 1
    learner.rescale(mean, deviation)
    labels, recipe = training.labels, training.recipe
    truth = labels.indices(clips)
    of_all = DiscriminantWindows(
        summaries=(x - mean) / deviation,
        truth=truth,
        speakers=np.array([clip.speaker for clip in clips]),
        seconds=np.array([window.new_speech_s for window in windows]),
        weights=_weights(clips, windows, truth),
        clean=clean | by_telephone,
        neutral=(clean | by_telephone) & (truth == labels.index("neutral")),
    )
    fitted = partial(
        fit_discriminant,
        n_labels=len(labels.labels),
        shrinkage=recipe.shrinkage,
        between_speaker_weight=recipe.between_speaker_weight,
        speaker_share=recipe.speaker_share,
    )
    discriminant = fitted(of_all.of(~by_telephone))
    if recipe.narrow_band:
        narrow = NarrowDiscriminant(discriminant.weight, discriminant.bias, np.zeros(x.shape[1], np.float32))
        if by_telephone.any():
            heard = of_all.of(by_telephone)
            shift = mean_summary(heard) - mean_summary(of_all.of(clean))
            own = fitted(replace(heard, summaries=heard.summaries - shift))
            narrow = NarrowDiscriminant(own.weight, own.bias, shift)
        discriminant = replace(discriminant, narrow=narrow)
    learner.set_discriminant(discriminant)
    return discriminant


def _summarise(
    learner: Learner, training: TrainingSet, windows: Sequence[Excerpt], known: SummaryCache, progress: RunProgress
) -> None:
    """Run the learner on these windows, those of one length together, and keep their summaries."""
    for batch in progress.summaries(batches_of_one_length(windows), len(windows), len):
        known.update(zip(batch, learner.run(rows_of(training.cache, batch))[1], strict=True))


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
            window.speech_s
            / speech_s[view]
            / sizes[cell]
            * (AUGMENTED_WEIGHT if window.view not in (0, BY_TELEPHONE) else 1)
            for view, window, cell in zip(views, windows, cells, strict=True)
        ]
    )
