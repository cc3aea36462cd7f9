"""Which models may evaluate which clips: those whose training did not have the clip's speaker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emostream.errors import NoInputError, UsageError
from emostream.inference.model import EmotionModel
from emostream_trainer import runs
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import LabelSet


@dataclass(frozen=True)
class FoldEnsembles:
    """Models that listen together, a set for each part of a split: a clip gets the set that never heard its speaker.

    ``weights`` are by the place of a set those of its models in the pool; where there are none, all are the same.
    """

    sets: Sequence[tuple[Path, ...]]
    weights: Mapping[int, tuple[float, ...]] = field(default_factory=dict)


def model_sets(run_folders: Sequence[Path], kind: str = runs.FOLD) -> list[tuple[Path, ...]]:
    """The models that listen together, part by part of a kind, of runs that were trained on the same folds.

    Model files, in place of runs, are one set.
    Raises ``NoInputError`` for a run whose folds were not exported, ``UsageError`` for runs of other folds.
    """
    if all(path.is_file() for path in run_folders):
        return [tuple(run_folders)]
    by_run = []
    for folder in run_folders:
        parts = [part for part in runs.evaluated_parts(folder, kind) if (part / runs.MODEL).exists()]
        if not parts:
            raise NoInputError(f"{folder} holds no exported folds: run 'emostream export {folder}' first")
        by_run.append({runs.read_split(part).speakers: part / runs.MODEL for part in parts})
    if any(set(models) != set(by_run[0]) for models in by_run):
        raise UsageError("these runs were trained on other folds, so no fold of theirs can be judged together")
    return [tuple(models[speakers] for models in by_run) for speakers in by_run[0]]


def fold_indices(sets: Sequence[tuple[Path, ...]], clips: Sequence[Clip], labels: LabelSet) -> NDArray[np.int64]:
    """For each clip the place (N,) of the set of models that never heard its speaker; raises as ``evaluate`` does.

    A speaker whom no set heard is judged by the one that heard all that the others did, where there is one.
    """
    speakers_by_set = [_training_speakers(models, labels) for models in sets]
    return np.array([_fold_without(clip, speakers_by_set) for clip in clips], np.int64)


def _training_speakers(models: tuple[Path, ...], labels: LabelSet) -> set[str]:
    cards = [EmotionModel.load(path).card for path in models]
    for path, card in zip(models, cards, strict=True):
        if card.labels != labels.labels:
            raise UsageError(
                f"{path} names {', '.join(card.labels)}, asked for {', '.join(labels.labels)}: give --labels"
            )
    return {speaker for card in cards for speaker in card.heard_speakers}


def _fold_without(clip: Clip, speakers_by_set: Sequence[set[str]]) -> int:
    """Which set of models never heard the clip's speaker."""
    candidates = [i for i, speakers in enumerate(speakers_by_set) if clip.speaker not in speakers]
    if not candidates:
        raise UsageError(
            f"the speaker {clip.speaker} of {clip.path.name} was heard in training by every model given: a score on "
            "them would flatter; judge the folds of a run, or other speakers"
        )
    if len(candidates) == len(speakers_by_set) > 1:
        everybody = set[str]().union(*speakers_by_set)
        candidates = [i for i in candidates if speakers_by_set[i] == everybody] or candidates
    if len(candidates) > 1 and len(speakers_by_set) > 1:
        raise UsageError(
            f"the speaker {clip.speaker} of {clip.path.name} is in the training of no fold, so no one fold can judge "
            "them: give the corpora of the run, or a model file in place of the run"
        )
    return candidates[0]
