"""How far confidence is from the share right."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from emostream_trainer import metrics
from emostream_trainer.evaluation import plots
from emostream_trainer.evaluation.report import NO_FOLDS, Section, Table, score
from emostream_trainer.evaluation.result import StreamedEvaluation

CALIBRATION_COLUMNS = ("ECE", "ECE adaptive", "Brier", "NLL", "confidence", "right")


def calibration(
    views: Mapping[str, StreamedEvaluation], weights: Mapping[int, tuple[float, ...]], out: Path
) -> Section:
    """How far confidence is from the share right: of each model alone, then with ``weights`` that other folds chose."""
    numbers: dict[str, Any] = {"weights_by_fold": {str(place): each for place, each in weights.items()}}
    rows, series = [], {}
    for name, evaluation in views.items():
        series[name] = _bins(evaluation)
        numbers[name] = {**figures(evaluation), "bins": [asdict(each) for each in series[name]]}
        rows.append((name, *(score(numbers[name][column]) for column in CALIBRATION_COLUMNS)))
    picture = out / "reliability.png"
    plots.reliability_picture(picture, series, list(views)[-1])
    chosen = "; ".join(", ".join(f"{weight:.2f}" for weight in each) for each in weights.values())
    body = (
        f"ECE over {metrics.BINS} bins of equal width and, adaptive, of equal size; Brier score (0 to 2) and NLL "
        "(nats). Of clips with a verdict.",
        f"Weights of the networks by fold, each from the other folds' clips: {chosen}." if chosen else NO_FOLDS,
        Table(("", *CALIBRATION_COLUMNS), tuple(rows)),
        picture,
    )
    return Section("calibration", "Is its confidence honest?", body, numbers)


def figures(evaluation: StreamedEvaluation) -> dict[str, float]:
    """``CALIBRATION_COLUMNS`` of an evaluation's clips with a verdict."""
    with_speech = evaluation.p.any(axis=1)
    truth, shown = evaluation.truth[with_speech], evaluation.p[with_speech]
    confidence, right = shown.max(axis=1), shown.argmax(axis=1) == truth
    return {
        "ECE": metrics.calibration_error(_bins(evaluation)),
        "ECE adaptive": metrics.calibration_error(metrics.equal_mass_bins(confidence, right)),
        "Brier": metrics.brier(truth, shown),
        "NLL": metrics.nll(truth, shown),
        "confidence": float(confidence.mean()),
        "right": float(right.mean()),
    }


def _bins(evaluation: StreamedEvaluation) -> list[metrics.CalibrationBin]:
    with_speech = evaluation.p.any(axis=1)
    shown = evaluation.p[with_speech]
    return metrics.equal_width_bins(shown.max(axis=1), shown.argmax(axis=1) == evaluation.truth[with_speech])
