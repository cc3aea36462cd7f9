"""Scores of labels, of probabilities and of abstaining, over N clips (or steps) and K labels.

UAR, the mean of the recalls of all labels, is the field's measure where classes differ in size.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import brier_score_loss, confusion_matrix, log_loss, recall_score

Labels = NDArray[np.int64]
F64 = NDArray[np.float64]
Flags = NDArray[np.bool_]

NO_LABEL = -1
BINS = 15
DRAWS = 2000


def uar(truth: Labels, predicted: Labels) -> float:
    """Unweighted average recall over the labels that occur in ``truth``; a clip without a verdict counts as wrong."""
    return float(np.mean(recalls(truth, predicted, sorted(set(truth.tolist())))))


def recalls(truth: Labels, predicted: Labels, labels: Sequence[int]) -> F64:
    """The recall of each of ``labels``."""
    scores: F64 = recall_score(truth, predicted, labels=list(labels), average=None, zero_division=0)
    return scores


def confusion(truth: Labels, predicted: Labels, n_labels: int) -> Labels:
    """Counts of shape (K, K + 1): rows the truth, columns what was named, the last one for no verdict."""
    counts = confusion_matrix(truth, predicted, labels=[*range(n_labels), NO_LABEL])
    return np.asarray(counts[:n_labels], np.int64)


def speaker_bootstrap(
    truth: Labels, predicted: Labels, speakers: Sequence[str] | NDArray[np.str_], *, draws: int = DRAWS, seed: int = 0
) -> F64:
    """UAR (draws,) of as many speakers drawn with replacement, each with all of their clips.

    Clips of one speaker go wrong together, so drawing single clips would promise too narrow an interval (the bootstrap
    of clusters: Field & Welsh 2007). A label that no drawn speaker spoke is left out of that draw.
    """
    names, of_clip = np.unique(np.asarray(speakers), return_inverse=True)
    spoken, right = np.zeros((2, len(names), int(truth.max()) + 1))
    np.add.at(spoken, (of_clip, truth), 1)
    np.add.at(right, (of_clip, truth), predicted == truth)
    times = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), size=draws)
    spoken, right = times @ spoken, times @ right
    recall = np.divide(right, spoken, out=np.zeros_like(right), where=spoken > 0)
    drawn: F64 = recall.sum(axis=1) / (spoken > 0).sum(axis=1)
    return drawn


def interval(draws: F64) -> tuple[float, float]:
    """The 95 % percentile interval of bootstrap draws."""
    low, high = np.percentile(draws, [2.5, 97.5])
    return float(low), float(high)


@dataclass(frozen=True)
class CalibrationBin:
    """How many were named with about this confidence (mean, 0 to 1), and the share of them that was right."""

    count: int
    confidence: float
    right: float


def equal_width_bins(confidence: F64, right: Flags, bins: int = BINS) -> list[CalibrationBin]:
    """Bins of equal width over (0, 1], those that hold none left out."""
    of_bin = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    return [_bin(confidence[of_bin == i], right[of_bin == i]) for i in range(bins) if (of_bin == i).any()]


def equal_mass_bins(confidence: F64, right: Flags, bins: int = BINS) -> list[CalibrationBin]:
    """Bins that hold equally many, to one more or less: adaptive bins (Nixon et al. 2019)."""
    order = np.argsort(confidence, kind="stable")
    return [_bin(confidence[part], right[part]) for part in np.array_split(order, min(bins, len(order)))]


def calibration_error(bins: Sequence[CalibrationBin]) -> float:
    """Expected calibration error, 0 to 1: how far share right and confidence lie apart, by bin (Guo et al. 2017)."""
    total = sum(each.count for each in bins)
    return sum(each.count * abs(each.right - each.confidence) for each in bins) / total


def brier(truth: Labels, p: F64) -> float:
    """Brier score of several classes, 0 to 2: squared distance between ``p`` (N, K) and the truth, summed over K."""
    return float(brier_score_loss(truth, _rows_to_one(p), labels=list(range(p.shape[1])), scale_by_half=False))


def nll(truth: Labels, p: F64) -> float:
    """Negative log-likelihood of the truth under ``p`` (N, K), in nats."""
    return float(log_loss(truth, _rows_to_one(p), labels=list(range(p.shape[1]))))


@dataclass(frozen=True)
class RiskCoverage:
    """Error among those whose score is ``threshold`` or more, and their share of all, from the strictest on."""

    threshold: F64
    coverage: F64
    risk: F64

    @property
    def area(self) -> float:
        """AURC, 0 to 1, less is better: the mean risk over all coverages (Geifman & El-Yaniv 2017)."""
        return float(np.sum(self.risk * np.diff(self.coverage, prepend=0)))


def risk_coverage(score: F64, right: Flags) -> RiskCoverage:
    """The curve of naming only what scores high: ``score`` (N,), on any scale; equal scores are named together."""
    order = np.argsort(-score, kind="stable")
    predicted = np.arange(1, len(score) + 1)
    risk = np.cumsum(~right[order]) / predicted
    last_of_equals = np.append(np.diff(score[order]) != 0, True)
    return RiskCoverage(score[order][last_of_equals], (predicted / len(score))[last_of_equals], risk[last_of_equals])


def _bin(confidence: F64, right: Flags) -> CalibrationBin:
    return CalibrationBin(len(confidence), float(confidence.mean()), float(right.mean()))


def _rows_to_one(p: F64) -> F64:
    """Events carry four places, whose sums miss one by a little."""
    rows: F64 = p / p.sum(axis=1, keepdims=True)
    return rows
