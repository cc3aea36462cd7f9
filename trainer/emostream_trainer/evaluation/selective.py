"""What abstaining buys: the share right among what is named, against how much is named, by probability to name at."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from emostream.pipeline.smoothing import SmoothingConfig
from emostream_trainer.evaluation.live_metrics import shown_at
from emostream_trainer.evaluation.result import ClipLog
from emostream_trainer.metrics import NO_LABEL
from emostream_trainer.parallel import parallel_map

F64 = NDArray[np.float64]
Labels = NDArray[np.int64]

THRESHOLDS: F64 = np.round(np.arange(0.20, 0.99, 0.02), 2)
TARGETS = (0.60, 0.65, 0.70, 0.75, 0.80, 0.85, 0.90, 0.95)
# A share right of fewer clips than these is luck.
LEAST_CLIPS = 20


@dataclass(frozen=True)
class Tally:
    """By clip (N) and threshold (T) how much could be named (N,), was (N, T), and was named right (N, T).

    The unit is the caller's: milliseconds of speaking, or utterances.
    """

    possible: F64
    predicted: F64
    right: F64

    def of(self, chosen: NDArray[np.bool_]) -> "Tally":
        """The chosen clips alone."""
        return Tally(self.possible[chosen], self.predicted[chosen], self.right[chosen])


@dataclass(frozen=True)
class Point:
    """Naming from the probability ``confidence`` on: the share right of what is named, and the share named."""

    confidence: float
    right: float
    coverage: float


@dataclass(frozen=True)
class TargetResult:
    """What came of asking to be right so often (``target``), by thresholds that other folds chose.

    ``thresholds`` by fold, None where the other folds never were so right: nothing is named there then. ``right`` is
    None where nothing was named at all; ``right_by_corpus`` has only those of which something was.
    """

    target: float
    thresholds: tuple[float | None, ...]
    right: float | None
    coverage: float
    right_by_corpus: dict[str, float]


def estimates_tally(logs: Sequence[ClipLog], truth: Labels, config: SmoothingConfig, title: str) -> Tally:
    """Milliseconds of speaking in which a label would be shown."""
    rows = parallel_map(partial(_shown_ms, config), list(zip(logs, truth.tolist(), strict=True)), title)
    possible = np.array([log.elapsed_ms[log.speaking].sum() for log in logs])
    predicted, right = np.array(rows).transpose(1, 0, 2)
    return Tally(possible, predicted, right)


def utterances_tally(logs: Sequence[ClipLog], truth: Labels) -> Tally:
    """Utterances that would be named."""
    predicted, right = np.zeros((2, len(logs), len(THRESHOLDS)))
    for clip, (log, label) in enumerate(zip(logs, truth.tolist(), strict=True)):
        p = log.utterance_p
        above = p.max(axis=1, initial=0)[:, None] >= THRESHOLDS
        predicted[clip] = above.sum(axis=0)
        right[clip] = above[p.argmax(axis=1) == label].sum(axis=0)
    return Tally(np.array([float(len(log.utterance_p)) for log in logs]), predicted, right)


def curve(tally: Tally) -> list[Point]:
    """A point for every threshold at which enough clips have something named."""
    named = np.count_nonzero(tally.predicted, axis=0)
    # Of few clips there are never so many: then as many as were named at all.
    enough = named >= max(1, min(LEAST_CLIPS, named.max()))
    possible, predicted, right = tally.possible.sum(), tally.predicted.sum(axis=0), tally.right.sum(axis=0)
    return [
        Point(float(THRESHOLDS[i]), float(right[i] / predicted[i]), float(predicted[i] / possible))
        for i in np.flatnonzero(enough & (predicted > 0))
    ]


def threshold_for(points: Sequence[Point], target: float) -> float | None:
    """The lowest threshold from which on the share right is the target or more; None where there is none."""
    return min((point.confidence for point in points if point.right >= target), default=None)


def target_result(tally: Tally, fold: Labels, corpora: NDArray[np.str_], target: float) -> TargetResult:
    """Choose a threshold on all folds but one, judge it on that one, for each; the sums over all folds."""
    thresholds = []
    predicted, right = np.zeros((2, len(fold)))
    for held_out in sorted(set(fold.tolist())):
        own = fold == held_out
        threshold = threshold_for(curve(tally.of(~own)), target)
        thresholds.append(threshold)
        if threshold is not None:
            place = int(np.searchsorted(THRESHOLDS, threshold))
            predicted[own], right[own] = tally.predicted[own, place], tally.right[own, place]
    by_corpus = {
        corpus: float(right[corpora == corpus].sum() / predicted[corpora == corpus].sum())
        for corpus in sorted(set(corpora.tolist()))
        if predicted[corpora == corpus].any()
    }
    return TargetResult(
        target,
        tuple(thresholds),
        float(right.sum() / predicted.sum()) if predicted.any() else None,
        float(predicted.sum() / tally.possible.sum()),
        by_corpus,
    )


def _shown_ms(config: SmoothingConfig, item: tuple[ClipLog, int]) -> tuple[list[float], list[float]]:
    """Milliseconds with a label and with the right one, by threshold."""
    log, label = item
    shown = [shown_at(log, float(threshold), config) for threshold in THRESHOLDS]
    return (
        [float(log.elapsed_ms[labels != NO_LABEL].sum()) for labels in shown],
        [float(log.elapsed_ms[labels == label].sum()) for labels in shown],
    )
