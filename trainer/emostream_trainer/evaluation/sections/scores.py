"""UAR of every row by corpus, with intervals, and the last row's confusion."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emostream_trainer import metrics
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.evaluation import plots
from emostream_trainer.evaluation.report import Section, Table, score, with_interval
from emostream_trainer.evaluation.result import Evaluation

F64 = NDArray[np.float64]


def scores(evaluations: Sequence[Evaluation], out: Path) -> Section:
    """UAR of every row by corpus and their mean, with intervals; the last row's confusion."""
    corpora = [*evaluations[0].uar_by_corpus(), "mean"]
    rows, numbers, drawn = [], {}, {}
    for evaluation in evaluations:
        found, bounds = evaluation.scores(), evaluation.intervals()
        rows.append((evaluation.name, *(with_interval(found[f"UAR {name}"], bounds[name]) for name in corpora)))
        numbers[evaluation.name] = {"scores": found, "intervals": {f"UAR {name}": bounds[name] for name in corpora}}
        drawn[evaluation.name] = {name: (found[f"UAR {name}"], *bounds[name]) for name in corpora}
    last = evaluations[-1]
    recall = metrics.recalls(last.truth, last.predicted, range(len(last.labels)))
    counts = np.bincount(last.truth, minlength=len(last.labels))
    uar_picture = out / "uar.png"
    plots.uar_picture(uar_picture, drawn, 1 / len(last.labels))
    confusion_picture = out / "confusion.png"
    plots.confusion_picture(confusion_picture, last.confusion(), last.labels, last.name)
    numbers[last.name]["confusion"] = last.confusion().tolist()
    few = [name for name, count in _speakers_by_corpus(last.clips).items() if count < 5]
    said = [f"The interval of {name} is drawn from few speakers, and no interval sees past those." for name in few]
    body: tuple[str | Table | Path, ...] = (
        "UAR, the mean of the recalls of all labels; a clip without a verdict counts as wrong. In brackets the 95 % "
        f"interval: {metrics.DRAWS:,} draws of speakers with replacement, within each corpus.",
        *said,
        Table(("", *corpora), tuple(rows)),
        uar_picture,
        f"Recall by label, all clips of {last.name} together:",
        Table(("", "clips", "recall"), _label_rows(last.labels, counts, recall)),
        confusion_picture,
    )
    return Section("scores", "Scores on unheard speakers", body, numbers)


def _label_rows(labels: Sequence[str], counts: NDArray[np.int64], recall: F64) -> tuple[tuple[str, ...], ...]:
    return tuple((name, str(n), score(r)) for name, n, r in zip(labels, counts.tolist(), recall.tolist(), strict=True))


def _speakers_by_corpus(clips: Sequence[Clip]) -> dict[str, int]:
    return {
        name: len({clip.speaker for clip in clips if clip.corpus == name}) for name in sorted({c.corpus for c in clips})
    }
