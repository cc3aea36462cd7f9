"""The sections of a report that take passes of their own: noise, corpora that were never heard, a split that leaks."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import LabelSet
from emostream_trainer.data.sampling import stratified_sample
from emostream_trainer.evaluation import plots
from emostream_trainer.evaluation.enrolment import own_enrolments, shortened, wrong_enrolments
from emostream_trainer.evaluation.noise import KINDS, SNRS_DB, noise_for
from emostream_trainer.evaluation.regressions import DEVIATIONS, LEAKY
from emostream_trainer.evaluation.report import Section, Table, percent, score, with_interval
from emostream_trainer.evaluation.streaming import (
    Evaluation,
    FoldEnsembles,
    StreamedEvaluation,
    evaluate,
    evaluate_sessions,
)
from emostream_trainer.metrics import UNNAMED

RATIOS = ("clean", *(f"{snr_db} dB" for snr_db in SNRS_DB))
SHORT_S = 5.0
NOBODY = "nobody"


def noise(
    evaluation: StreamedEvaluation, ensembles: FoldEnsembles, labels: LabelSet, per_corpus: int, out: Path
) -> Section:
    """UAR of a sample of the clips of an evaluation, as it was and behind noise of each kind and strength."""
    wanted = evaluation.clips
    sample = stratified_sample(wanted, labels, per_corpus)
    of_path = dict(zip((clip.path for clip in wanted), evaluation.fold.tolist(), strict=True))
    clean = evaluation.of(_are_in(sample, evaluation))
    series, rows = {}, []
    for kind in KINDS:
        passes: list[Evaluation] = [clean]
        for snr_db in SNRS_DB:
            noises = {clip.path: noise_for(clip, kind, snr_db, _neighbours(clip, wanted, of_path)) for clip in sample}
            passes.append(evaluate(f"{kind}, {snr_db} dB", ensembles, sample, labels, noises=noises))
        series[kind] = [_mean_and_interval(each) for each in passes]
        for ratio, each in zip(RATIOS, passes, strict=True):
            by_corpus = each.uar_by_corpus().values()
            mean, low, high = _mean_and_interval(each)
            unheard = float((each.named == UNNAMED).mean())
            cells = (with_interval(mean, (low, high)), *(score(uar) for uar in by_corpus))
            rows.append((f"{kind}, {ratio}" if ratio != RATIOS[0] else ratio, *cells, percent(unheard)))
    picture = out / "noise.png"
    plots.noise_picture(picture, RATIOS, series, 1 / len(labels.labels))
    columns = ("", "mean", *clean.uar_by_corpus(), "no verdict")
    body = (
        f"UAR of {len(sample)} clips, at most {per_corpus} of each corpus, the same at every ratio. Babble is four "
        "other speakers of the same fold near by, cafe twelve in a room with noise of changing colour. Ratios are of "
        "the whole clip's power.",
        # Clean is the same for every kind.
        Table(columns, tuple(dict.fromkeys(rows))),
        picture,
    )
    numbers = {"clips": len(sample), "ratios": RATIOS, "UAR mean, low, high": series}
    return Section("noise", "Behind noise", body, numbers)


def enrolment(
    judged: Sequence[tuple[StreamedEvaluation, FoldEnsembles]],
    labels: LabelSet,
    seconds: float,
    harm_sample: int | None,
) -> Section:
    """What it brings to know the speaker, and of a sample what drift and too short and wrong enrolments do.

    ``judged`` are evaluations without an enrolment, their models, the last of which the section is about;
    ``harm_sample`` is the size of the sample by corpus, None for none.
    """
    evaluation, ensembles = judged[-1]
    own = own_enrolments(evaluation.clips, labels, seconds)
    all_rows = _EnrolmentRows(evaluation)
    enrolled = evaluation
    for unknown, its_models in judged:
        all_rows.add(NOBODY, unknown, 0)
        enrolled = evaluate(unknown.name, its_models, unknown.clips, labels, enrolments=own)
        all_rows.add(f"{seconds:g} s", enrolled, len(own))
    body: list[str | Table | Path] = [
        "UAR by who is enrolled before a clip is heard: with neutral clips of that speaker, of which the clip is none; "
        "the others are scored without. Verdicts here are the mean over a clip's utterances.",
        all_rows.table(),
    ]
    numbers = all_rows.numbers
    if harm_sample is not None:
        sample = stratified_sample(evaluation.clips, labels, harm_sample)
        chosen = _are_in(sample, evaluation)
        rows = _EnrolmentRows(evaluation)
        rows.add(NOBODY, evaluation.of(chosen), 0)
        sessions = evaluate_sessions(evaluation.name, ensembles, sample, labels)
        rows.add(f"{NOBODY}, one stream a speaker", sessions, 0)
        rows.add(f"{seconds:g} s", enrolled.of(chosen), sum(clip.path in own for clip in sample))
        plans = {
            f"{SHORT_S:g} s": shortened(own, SHORT_S),
            f"{seconds:g} s of another speaker": wrong_enrolments(evaluation.clips, own),
        }
        for who, plan in plans.items():
            hindered = evaluate(evaluation.name, ensembles, sample, labels, enrolments=plan)
            rows.add(who, hindered, sum(clip.path in plan for clip in sample))
        body += [
            f"What may go wrong, on {len(sample)} clips, at most {harm_sample} of each corpus. In one stream a "
            "speaker's clips come in a shuffled order, and the stream follows the voice by itself.",
            rows.table(),
        ]
        numbers = numbers | {"sample": rows.numbers}
    return Section("enrolment", "Knowing the speaker", tuple(body), numbers)


class _EnrolmentRows:
    """Rows of one table, judged by utterances, for a long stream has one summary alone."""

    def __init__(self, about: Evaluation) -> None:
        self._corpora = [*about.uar_by_corpus(), "mean"]
        self._rows: list[tuple[str, ...]] = []
        self.numbers: dict[str, object] = {}

    def add(self, who: str, streamed: StreamedEvaluation, enrolled: int) -> None:
        by_utterances = replace(streamed, p=np.array([log.spoken_p for log in streamed.logs]))
        scores, bounds = by_utterances.scores(), by_utterances.intervals()
        cells = (with_interval(scores[f"UAR {corpus}"], bounds[corpus]) for corpus in self._corpora)
        self._rows.append((streamed.name, who, str(enrolled), *cells))
        self.numbers[f"{streamed.name}: {who}"] = {"enrolled_clips": enrolled, "scores": scores, "intervals": bounds}

    def table(self) -> Table:
        return Table(("", "enrolled", "clips enrolled", *self._corpora), tuple(self._rows))


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


def leak(evaluations: Sequence[Evaluation]) -> Section:
    """What a careless split would have claimed: of the same features and classifier, with and without a leak."""
    by_name = {evaluation.name: evaluation for evaluation in evaluations}
    clean, leaky = by_name[DEVIATIONS], by_name[LEAKY]
    corpora = [*clean.uar_by_corpus(), "mean"]
    found = {"speakers kept apart": clean.scores(), "clips split at random: not a score": leaky.scores()}
    rows = [(name, *(score(of[f"UAR {c}"]) for c in corpora)) for name, of in found.items()]
    gaps = [leaky.scores()[f"UAR {c}"] - clean.scores()[f"UAR {c}"] for c in corpora]
    rows.append(("gap", *(f"{gap:+.3f}".replace("0.", ".") for gap in gaps)))
    body = (
        f"**Not a score: clips of one speaker on both sides.** The {DEVIATIONS}, judged once as everything here is, "
        "and once on clips dealt out at random. The gap is what such a split would flatter by; figures elsewhere are "
        "often of that kind.",
        Table(("", *corpora), tuple(rows)),
    )
    return Section(
        "leaky", "What a leaking split would claim", body, {**found, "gap": dict(zip(corpora, gaps, strict=True))}
    )


def _are_in(sample: Sequence[Clip], evaluation: Evaluation) -> NDArray[np.bool_]:
    chosen = {clip.path for clip in sample}
    return np.array([clip.path in chosen for clip in evaluation.clips])


def _neighbours(clip: Clip, clips: Sequence[Clip], fold: dict[Path, int]) -> list[Clip]:
    """Who may babble behind a clip: whoever its models never heard either, or, where that is nobody else, anybody."""
    near = [other for other in clips if fold[other.path] == fold[clip.path]]
    return near if any(other.speaker != clip.speaker for other in near) else list(clips)


def _mean_and_interval(evaluation: Evaluation) -> tuple[float, float, float]:
    return evaluation.scores()["UAR mean"], *evaluation.intervals()["mean"]
