"""Corpora that the networks never heard: which networks judge them, and how far these are to be believed there.

A user's room is such a corpus: it is not among those that the folds are cut from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emostream_trainer import runs
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.evaluation.calibration import LEAST_P, fit_temperature
from emostream_trainer.evaluation.folds import FoldEnsembles, model_sets
from emostream_trainer.evaluation.result import StreamedEvaluation


@dataclass(frozen=True)
class Elsewhere:
    """Clips of corpora that were never heard, and the networks that judge them.

    ``sets`` are the networks without one of the runs' corpora each, in the order of ``held_out``, and those of all of
    them, which judge corpora that no run has.
    """

    clips: tuple[Clip, ...]
    sets: tuple[tuple[Path, ...], ...]
    held_out: tuple[str, ...]

    def ensembles(self, weights: Mapping[str, tuple[float, ...]], others: tuple[float, ...]) -> FoldEnsembles:
        """The sets with weights by corpus, and those for corpora that no run has."""
        by_place = {place: weights[corpus] for place, corpus in enumerate(self.held_out) if corpus in weights}
        by_place |= dict.fromkeys(range(len(self.held_out), len(self.sets)), others)
        return FoldEnsembles(self.sets, by_place)


def elsewhere(folders: Sequence[Path], clips: Sequence[Clip]) -> Elsewhere | None:
    """What can be judged so of these clips by these runs; None where a run has no exported networks for it."""
    if not all(folder.is_dir() for folder in folders):
        return None
    parts = [runs.evaluated_parts(folder, runs.WITHOUT) for folder in folders]
    sets, held_out = [], [part.name.removeprefix(runs.WITHOUT) for part in parts[0]] if all(parts) else []
    if held_out:
        sets = model_sets(folders, runs.WITHOUT)
    corpora = set(held_out)
    of_all = tuple(folder / runs.ALL / runs.MODEL for folder in folders)
    if all(path.exists() for path in of_all):
        sets.append(of_all)
        corpora |= {clip.corpus for clip in clips} - set(runs.read_run(folders[0]).clips)
    chosen = tuple(clip for clip in clips if clip.corpus in corpora)
    return Elsewhere(chosen, tuple(sets), tuple(held_out)) if chosen else None


def own(folders: Sequence[Path], clips: Sequence[Clip]) -> list[Clip]:
    """The clips of the corpora that the runs' folds are cut from; all of them for model files."""
    heard = [set(runs.read_run(folder).clips) for folder in folders if folder.is_dir()]
    return [clip for clip in clips if all(clip.corpus in corpora for corpora in heard)]


def scale(evaluation: StreamedEvaluation) -> float:
    """The factor of all weights with the least cross-entropy, an inverse temperature; below 1 is to be less sure."""
    heard = evaluation.p.any(axis=1)
    return 1 / fit_temperature(np.log(np.maximum(evaluation.p[heard], LEAST_P)), evaluation.truth[heard])
