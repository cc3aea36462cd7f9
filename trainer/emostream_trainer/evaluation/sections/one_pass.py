"""The sections of a report that one pass over the clips gives: scores, calibration, abstaining, live metrics."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emostream.pipeline.config import StreamConfig
from emostream_trainer import metrics
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import LabelSet
from emostream_trainer.evaluation import plots, selective
from emostream_trainer.evaluation.listeners import majority, single_listeners
from emostream_trainer.evaluation.live_metrics import live_metrics
from emostream_trainer.evaluation.report import Section, Table, percent, score, with_interval
from emostream_trainer.evaluation.selective import Tally
from emostream_trainer.evaluation.streaming import Evaluation, StreamedEvaluation

F64 = NDArray[np.float64]

CALIBRATION_COLUMNS = ("ECE", "ECE adaptive", "Brier", "NLL", "confidence", "right")
NO_FOLDS = "One set of models is no folds: nothing here can be fitted on clips that it is not judged by."


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
    recall = metrics.recalls(last.truth, last.named, range(len(last.labels)))
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


def breakdown(evaluation: Evaluation) -> Section:
    """UAR by corpus, sex, language and intensity."""
    by: dict[str, Callable[[Clip], str]] = {
        "corpus": lambda clip: clip.corpus,
        "sex": lambda clip: {"F": "women", "M": "men"}.get(clip.sex, ""),
        "language": lambda clip: clip.language,
        # Each corpus has its own grades.
        "intensity": lambda clip: f"{clip.corpus} {clip.intensity}" if clip.intensity else "",
    }
    rows, numbers = [], {}
    for trait, value_of in by.items():
        values = np.array([value_of(clip) for clip in evaluation.clips])
        numbers[trait] = {value: _part(evaluation, values == value) for value in sorted(set(values.tolist()) - {""})}
        for value, part in numbers[trait].items():
            recall = [score(share) for share in part["recalls"].values()]
            uar = with_interval(part["UAR"], part["interval"])
            rows.append((f"{trait}: {value}", str(part["clips"]), str(part["speakers"]), uar, *recall))
    columns = ("", "clips", "speakers", "UAR", *evaluation.labels)
    body = (
        "UAR and recalls of parts of the clips; those whose corpus does not say are left out of a part. Parts with "
        "fewer labels are easier: neutral speech, for one, has no intensity in some corpora.",
        Table(columns, tuple(rows)),
    )
    return Section("breakdown", "Who and what", body, numbers)


def calibration(
    views: Mapping[str, StreamedEvaluation], weights: Mapping[int, tuple[float, ...]], out: Path
) -> Section:
    """How far confidence is from the share right: of each model alone, then with ``weights`` that other folds chose."""
    numbers: dict[str, Any] = {"weights_by_fold": {str(place): each for place, each in weights.items()}}
    rows, series = [], {}
    for name, evaluation in views.items():
        heard = evaluation.p.any(axis=1)
        truth, shown = evaluation.truth[heard], evaluation.p[heard]
        confidence, right = shown.max(axis=1), shown.argmax(axis=1) == truth
        series[name] = metrics.equal_width_bins(confidence, right)
        numbers[name] = {
            "ECE": metrics.calibration_error(series[name]),
            "ECE adaptive": metrics.calibration_error(metrics.equal_mass_bins(confidence, right)),
            "Brier": metrics.brier(truth, shown),
            "NLL": metrics.nll(truth, shown),
            "confidence": float(confidence.mean()),
            "right": float(right.mean()),
            "bins": [asdict(each) for each in series[name]],
        }
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


def abstaining(evaluation: StreamedEvaluation, tallies: tuple[Tally, Tally] | None, out: Path) -> Section:
    """Risk by coverage, and what comes of asking to be right; ``tallies`` are ``tallies_of`` it, None without folds."""
    heard = evaluation.p.any(axis=1)
    right = evaluation.named == evaluation.truth
    # A clip without a verdict cannot be named at any score, so it is not part of the curve.
    confidence = evaluation.p.max(axis=1)
    agreement = np.array([log.mean_agreement for log in evaluation.logs])
    curves = {
        "by confidence": metrics.risk_coverage(confidence[heard], right[heard]),
        "by confidence x agreement": metrics.risk_coverage((confidence * agreement)[heard], right[heard]),
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
        promises = [selective.promise(tally, evaluation.fold, evaluation.corpora, t) for t in selective.TARGETS]
        numbers[name] = {
            "promises": [asdict(each) for each in promises],
            "curve": [asdict(each) for each in series[name]],
        }
        body += [f"Asked to be right so often, {name} were (coverage is the share of {unit} that is named):"]
        body += [_promise_table(promises, sorted(set(evaluation.corpora.tolist())))]
    promised = out / "selective.png"
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


def pace(evaluation: StreamedEvaluation, out: Path) -> Section:
    """What is seen while somebody speaks."""
    found = live_metrics(evaluation.logs, evaluation.truth)
    delays = {"a label": found.first_label_s, "the right label": found.right_label_s}
    picture = out / "delays.png"
    plots.delay_picture(picture, delays, evaluation.name)
    waits = {name: _wait(delay) for name, delay in delays.items()}
    numbers = {
        "clips": found.clips,
        "flips_per_minute": found.flips_per_minute,
        "named": found.named,
        "right": found.right,
        **{f"time to {name}": wait for name, wait in waits.items()},
    }
    rows = [
        ("label changes a minute of speech", f"{found.flips_per_minute:.1f}"),
        *(
            (f"time to {name}, median of the clips that get it", _seconds(wait["median_s"]))
            for name, wait in waits.items()
        ),
        *((f"clips that never get {name}", percent(wait["never"])) for name, wait in waits.items()),
        ("speaking time with a label", percent(found.named)),
        ("of that, the right label", percent(found.right)),
    ]
    body = (
        f"Labels as shown with the default settings, of the {found.clips} clips with speech. Times run from the "
        "speech's beginning to the end of the window that has the label.",
        Table(("", "value"), tuple(rows)),
        picture,
    )
    return Section("live", "While somebody speaks", body, numbers)


def people(evaluation: Evaluation, labels: LabelSet) -> Section | None:
    """Listeners on the same clips; None where no clip has votes."""
    voted = [i for i, clip in enumerate(evaluation.clips) if clip.votes]
    if not voted:
        return None
    clips = [evaluation.clips[i] for i in voted]
    truth, named = evaluation.truth[voted], evaluation.named[voted]
    found = {
        "single listeners": asdict(single_listeners(clips, labels)),
        "majority of listeners": asdict(majority(clips, labels)),
        "majority, votes for these labels alone": asdict(majority(clips, labels, among_labels=True)),
        evaluation.name: {"accuracy": float((truth == named).mean()), "uar": metrics.uar(truth, named)},
    }
    body = (
        f"What listeners made of the voice alone, {len(clips)} clips of "
        f"{', '.join(sorted({clip.corpus for clip in clips}))} with votes. Listeners could also answer with emotions "
        "that are no label here; the truth is what the actor was asked for.",
        Table(
            ("", "accuracy", "UAR"), tuple((name, score(s["accuracy"]), score(s["uar"])) for name, s in found.items())
        ),
    )
    return Section("people", "People on the same clips", body, {"clips": len(clips), **found})


def _part(evaluation: Evaluation, chosen: NDArray[np.bool_]) -> dict[str, Any]:
    clips = [clip for clip, wanted in zip(evaluation.clips, chosen, strict=True) if wanted]
    truth, named = evaluation.truth[chosen], evaluation.named[chosen]
    speakers = [clip.speaker for clip in clips]
    recall = metrics.recalls(truth, named, range(len(evaluation.labels))).tolist()
    spoken = set(truth.tolist())
    return {
        "clips": len(clips),
        "speakers": len(set(speakers)),
        "UAR": metrics.uar(truth, named),
        "interval": metrics.interval(metrics.speaker_bootstrap(truth, named, speakers)),
        "recalls": {name: recall[i] if i in spoken else None for i, name in enumerate(evaluation.labels)},
    }


def _promise_table(promises: Sequence[selective.Promise], corpora: Sequence[str]) -> Table:
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
    columns = ("asked", "right", "coverage", *(f"right, {corpus}" for corpus in corpora), "folds that can")
    return Table(columns, tuple(rows))


def _label_rows(labels: Sequence[str], counts: NDArray[np.int64], recall: F64) -> tuple[tuple[str, ...], ...]:
    return tuple((name, str(n), score(r)) for name, n, r in zip(labels, counts.tolist(), recall.tolist(), strict=True))


def _speakers_by_corpus(clips: Sequence[Clip]) -> dict[str, int]:
    return {
        name: len({clip.speaker for clip in clips if clip.corpus == name}) for name in sorted({c.corpus for c in clips})
    }


def _wait(delays_s: F64) -> dict[str, float | None]:
    came = delays_s[np.isfinite(delays_s)]
    never = 1 - len(came) / len(delays_s) if len(delays_s) else None
    return {"median_s": float(np.median(came)) if len(came) else None, "never": never}


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} s"
