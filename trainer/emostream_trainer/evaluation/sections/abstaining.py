"""What abstaining costs and gains."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emostream.pipeline.config import StreamConfig
from emostream_trainer import metrics
from emostream_trainer.evaluation import plots, selective
from emostream_trainer.evaluation.report import NO_FOLDS, Section, Table, percent, score
from emostream_trainer.evaluation.result import StreamedEvaluation
from emostream_trainer.evaluation.selective import Tally, TargetResult


def abstaining(evaluation: StreamedEvaluation, tallies: tuple[Tally, Tally] | None, out: Path) -> Section:
    """Risk by coverage, and what comes of asking to be right; ``tallies`` are ``tallies_of`` it, None without folds."""
    with_speech = evaluation.p.any(axis=1)
    right = evaluation.predicted == evaluation.truth
    # A clip without a verdict cannot be named at any score, so it is not part of the curve.
    confidence = evaluation.p.max(axis=1)
    agreement = np.array([log.mean_agreement for log in evaluation.logs])
    curves = {
        "by confidence": metrics.risk_coverage(confidence[with_speech], right[with_speech]),
        "by confidence x agreement": metrics.risk_coverage((confidence * agreement)[with_speech], right[with_speech]),
    }
    picture = out / "risk_coverage.png"
    plots.risk_coverage_picture(picture, curves, evaluation.name)
    numbers: dict[str, Any] = {name: {"AURC": each.area} for name, each in curves.items()}
    body: list[str | Table | Path] = [
        "Clips named in the order of a score, the surest first. AURC is the mean share wrong over all coverages, "
        "less is better.",
        Table(("", "AURC"), tuple((name, score(each.area)) for name, each in curves.items())),
        picture,
    ]
    if tallies is None:
        return Section("abstention", "What abstaining buys", (*body, NO_FOLDS), numbers)
    series = {}
    for name, unit, tally in zip(("live labels", "utterances"), ("speaking time", "utterances"), tallies, strict=True):
        series[name] = selective.curve(tally)
        promises = target_results(tally, evaluation)
        numbers[name] = {
            "promises": [asdict(each) for each in promises],
            "curve": [asdict(each) for each in series[name]],
        }
        body += [f"Asked to be right so often, {name} were (coverage is the share of {unit} that is named):"]
        body += [promise_table(promises, sorted(set(evaluation.corpora.tolist())), "folds that can")]
    promised = out / "abstention.png"
    plots.abstention_picture(promised, series, evaluation.name)
    body += [
        "Streamed with the weights above. The probability to name from is chosen on the other folds and judged on this "
        f"one; never on fewer than {selective.LEAST_CLIPS} clips. A dash: nothing is sure enough. The picture has all "
        "folds in one.",
        promised,
    ]
    return Section("abstention", "What abstaining buys", tuple(body), numbers)


def tallies_of(evaluation: StreamedEvaluation) -> tuple[Tally, Tally]:
    """Of live labels and of utterances."""
    logs, truth = evaluation.logs, evaluation.truth
    live = selective.estimates_tally(logs, truth, StreamConfig().smoothing, "labels at every threshold")
    return live, selective.utterances_tally(logs, truth)


def target_results(
    tally: Tally, evaluation: StreamedEvaluation, parts: NDArray[np.int64] | None = None
) -> list[TargetResult]:
    """What came of asking to be right so often, by part, on clips that had no part in choosing from where.

    ``parts`` (N,) are those of the clips, their folds where none are given.
    """
    parts = evaluation.fold if parts is None else parts
    return [selective.target_result(tally, parts, evaluation.corpora, target) for target in selective.TARGETS]


def promise_table(promises: Sequence[TargetResult], corpora: Sequence[str], parts_that_can: str) -> Table:
    """What came of asking to be right, a row each; the last column counts the parts that reached it elsewhere."""
    rows = [
        (
            f"{each.target:.0%}",
            percent(each.right),
            percent(each.coverage),
            *(percent(each.right_by_corpus.get(corpus)) for corpus in corpora),
            f"{sum(threshold is not None for threshold in each.thresholds)} of {len(each.thresholds)}",
        )
        for each in promises
    ]
    columns = ("asked", "right", "coverage", *(f"right, {corpus}" for corpus in corpora), parts_that_can)
    return Table(columns, tuple(rows))
