"""Scores on corpora that are not in training."""

from collections.abc import Sequence

import numpy as np

from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import LabelSet
from emostream_trainer.evaluation.enrolment import own_enrolments
from emostream_trainer.evaluation.folds import FoldEnsembles
from emostream_trainer.evaluation.report import Section, Table, score, with_interval
from emostream_trainer.evaluation.result import Evaluation
from emostream_trainer.evaluation.streaming import evaluate


def other_corpora(
    by_folds: Evaluation, ensembles: FoldEnsembles, clips: Sequence[Clip], labels: LabelSet, enrol_s: float | None
) -> Section:
    """Scores of networks that never heard a corpus, beside those of the folds, which heard others of it.

    ``ensembles`` are the networks, each without one of the corpora of ``clips``. With ``enrol_s`` also after an
    enrolment.
    """
    fold_scores = by_folds.uar_by_corpus()
    passes = {"never heard the corpus": evaluate(f"{by_folds.name}, another corpus", ensembles, clips, labels)}
    if enrol_s is not None:
        own = own_enrolments(clips, labels, enrol_s)
        passes[f"nor that, {enrol_s:g} s enrolled"] = evaluate(
            f"{by_folds.name}, another corpus, enrolled", ensembles, clips, labels, enrolments=own
        )
    found = [(each.uar_by_corpus(), each.intervals()) for each in passes.values()]
    corpora = list(found[0][0])
    rows = [
        (corpus, *(with_interval(uars[corpus], bounds[corpus]) for uars, bounds in found), score(fold_scores[corpus]))
        for corpus in corpora
    ]
    means = [with_interval(float(np.mean(list(uars.values()))), bounds["mean"]) for uars, bounds in found]
    rows.append(("mean", *means, score(float(np.mean([fold_scores[corpus] for corpus in corpora])))))
    body = (
        f"UAR of {by_folds.name}, each corpus judged by networks that heard the other corpora alone: other rooms, "
        "other microphones, often another language. The last column is that of the folds, which heard other speakers "
        "of the corpus.",
        Table(("", *passes, "never heard the speaker"), tuple(rows)),
    )
    numbers = {
        name: {**each.scores(), "intervals": bounds}
        for (name, each), (_, bounds) in zip(passes.items(), found, strict=True)
    }
    return Section("leave_one_corpus_out", "Corpora that were never heard", body, numbers)
