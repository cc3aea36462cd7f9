"""Scores on corpora that are not in training, and how far the confidence is right there."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np

from emostream_trainer.evaluation.report import Section, Table, score, with_interval
from emostream_trainer.evaluation.result import Evaluation, StreamedEvaluation
from emostream_trainer.evaluation.sections.abstaining import promise_table
from emostream_trainer.evaluation.sections.calibration import CALIBRATION_COLUMNS, figures
from emostream_trainer.evaluation.selective import TargetResult


def other_corpora(by_folds: Evaluation, unknown: Evaluation, enrolled: Evaluation | None, enrol_s: float) -> Section:
    """Scores on corpora that were never heard, beside those of the folds, which heard others of it.

    ``unknown`` and ``enrolled`` are what networks named that never heard the corpus, the second after ``enrol_s`` of
    neutral speech.
    """
    fold_scores = by_folds.uar_by_corpus()
    passes = {"never heard the corpus": unknown}
    if enrolled:
        passes[f"nor that, {enrol_s:g} s enrolled"] = enrolled
    found = {name: (each.uar_by_corpus(), each.intervals()) for name, each in passes.items()}
    corpora = list(unknown.uar_by_corpus())
    rows = [
        (
            corpus,
            *(
                with_interval(uars[corpus], bounds[corpus]) if corpus in uars else "–"
                for uars, bounds in found.values()
            ),
            score(fold_scores.get(corpus)),
        )
        for corpus in corpora
    ]
    means = [with_interval(float(np.mean(list(uars.values()))), bounds["mean"]) for uars, bounds in found.values()]
    of_folds = [fold_scores[corpus] for corpus in corpora if corpus in fold_scores]
    rows.append(("mean", *means, score(float(np.mean(of_folds)) if of_folds else None)))
    body = (
        f"UAR of {by_folds.name}, each corpus judged by networks that heard other corpora alone: other rooms, "
        "other microphones, often another language. The last column is that of the folds, which heard other speakers "
        "of the corpus; a dash stands for corpora that are in no training.",
        Table(("", *passes, "never heard the speaker"), tuple(rows)),
    )
    numbers = {name: {**each.scores(), "intervals": found[name][1]} for name, each in passes.items()}
    return Section("leave_one_corpus_out", "Corpora that were never heard", body, numbers)


def confidence_elsewhere(
    before: StreamedEvaluation, after: StreamedEvaluation, scales: Mapping[str, float], promises: Sequence[TargetResult]
) -> Section:
    """How honest confidence is on corpora that were never heard: ``before`` and ``after`` the weights were scaled.

    ``scales`` are those of the weights by corpus, ``promises`` what came of asking to be right in live labels.
    """
    views = {"weights of the folds": before, "scaled": after}
    views |= {f"scaled: {corpus}": after.of(after.corpora == corpus) for corpus in sorted(set(after.corpora.tolist()))}
    numbers = {name: figures(view) for name, view in views.items()}
    rows = tuple((name, *(score(found[column]) for column in CALIBRATION_COLUMNS)) for name, found in numbers.items())
    listed = ", ".join(f"{corpus} {factor:.2f}" for corpus, factor in scales.items())
    body = (
        f"Of {len(after.clips)} clips of corpora that were never heard. The weights of the networks were fitted on "
        f"clips of the folds, whose recordings are of a kind that the networks know; scaled by {listed}, each fitted "
        "on the other corpora, they are as sure as they ought to be of recordings of another kind.",
        Table(("", *CALIBRATION_COLUMNS), rows),
        "Asked to be right so often, live labels were, where the probability to name from was chosen on the other "
        "corpora:",
        promise_table(promises, sorted(set(after.corpora.tolist())), "corpora that can"),
    )
    return Section(
        "confidence_elsewhere",
        "Is its confidence honest where it never was?",
        body,
        {**numbers, "scales": dict(scales), "promises": [asdict(each) for each in promises]},
    )
