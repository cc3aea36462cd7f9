"""A whole evaluation: every row of the table, then the sections of the report about the last one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emostream.errors import UsageError
from emostream.inference.card import ModelIdentity
from emostream.inference.model import EmotionModel
from emostream.inference.speaker import require_adaptation
from emostream_trainer import runs
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import LabelSet
from emostream_trainer.data.sampling import stratified_sample
from emostream_trainer.evaluation.calibration import cross_fitted, pool_weights
from emostream_trainer.evaluation.elsewhere import Elsewhere, elsewhere, own, scale
from emostream_trainer.evaluation.enrolment import can_enrol, mood_enrolments, own_enrolments
from emostream_trainer.evaluation.folds import FoldEnsembles, model_sets
from emostream_trainer.evaluation.regressions import LEAKY, regressions
from emostream_trainer.evaluation.reliability import Measured, write_reliability
from emostream_trainer.evaluation.report import Section, write_report
from emostream_trainer.evaluation.result import Evaluation, StreamedEvaluation
from emostream_trainer.evaluation.sections.abstaining import abstaining, tallies_of, target_results
from emostream_trainer.evaluation.sections.breakdown import breakdown
from emostream_trainer.evaluation.sections.calibration import calibration
from emostream_trainer.evaluation.sections.disturbed import disturbed
from emostream_trainer.evaluation.sections.enrolment import enrolment, enrolment_by_moods
from emostream_trainer.evaluation.sections.leaking_split import leak
from emostream_trainer.evaluation.sections.noise import noise
from emostream_trainer.evaluation.sections.other_corpora import confidence_elsewhere, other_corpora
from emostream_trainer.evaluation.sections.pace import pace
from emostream_trainer.evaluation.sections.people import people
from emostream_trainer.evaluation.sections.scores import scores
from emostream_trainer.evaluation.sections.sessions import sessions
from emostream_trainer.evaluation.streaming import evaluate

F64 = NDArray[np.float64]
Row = tuple[Path, ...]

PROTOCOL = (
    "Each clip is streamed from its beginning to its end as the daemon hears it (speech gate, windows, smoothing), by "
    "models that never heard its speaker; its verdict is the likeliest label of the mean over its windows, and nothing "
    "abstains unless it says so."
)


@dataclass(frozen=True)
class EvaluationJob:
    """What to evaluate and on what. ``rows`` are runs or model files that run together.

    Clips of corpora that the runs do not have are judged by their networks of all speakers, as corpora never heard.
    ``sample`` is how many clips of each corpus are streamed with noise, disturbed, with weights for corpora never
    heard, and after enrolments that do harm: too short, of the wrong speaker, of one mood, in noise, of nothing.
    ``enrol_s`` is how many seconds of neutral speech a speaker is enrolled with, and ``enrol_moods`` how many clips of
    each mood; None for not at all.
    """

    rows: tuple[Row, ...]
    clips: Sequence[Clip]
    labels: LabelSet
    out: Path
    with_baselines: bool
    with_leak: bool
    with_noise: bool
    with_disturbed: bool
    with_sessions: bool
    sample: int
    enrol_s: float | None
    with_harm: bool
    enrol_moods: int | None


def evaluate_all(job: EvaluationJob) -> list[Evaluation]:
    """Write the report; gives the rows of its table. Raises ``UsageError`` or ``NoInputError``."""
    labels = job.labels
    labels.keep(job.clips)  # refuses a label that no clip has
    rows = _with_singles(job.rows)
    sets = {row: model_sets(row) for row in rows}  # what is missing is said before an hour has passed
    for row in rows:
        if not own(row, job.clips):
            found = ", ".join(sorted({clip.corpus for clip in job.clips}))
            raise UsageError(
                f"found clips of {found} and none of the corpora that {_name(row)} is of: name those with --corpora "
                "too, or name its model file to judge it on others alone"
            )
    if job.enrol_moods is not None:
        mood_enrolments(own(rows[-1], job.clips), labels, job.enrol_moods)
    if job.enrol_s is not None or job.enrol_moods is not None:
        for models in sets[rows[-1]]:
            require_adaptation([EmotionModel.load(path).card for path in models])
    job.out.mkdir(parents=True, exist_ok=True)
    by_regression: list[Evaluation] = []
    if job.with_baselines or job.with_leak:
        by_regression = regressions(own(rows[-1] if rows else (), job.clips), labels, leaky=job.with_leak)
    streamed: dict[Row, StreamedEvaluation] = {}
    for row in rows:
        weights = _weights(streamed, row) if len(row) > 1 else {}
        streamed[row] = evaluate(_name(row), FoldEnsembles(sets[row], weights), own(row, job.clips), labels)
        if len(row) == 1 and row[0].is_dir() and _is_whole(row[0], streamed[row]):
            runs.write_scores(row[0], streamed[row].scores())
    baselines = [evaluation for evaluation in by_regression if job.with_baselines and evaluation.name != LEAKY]
    table = [*baselines, *streamed.values()]
    facts, written = _facts((table or by_regression)[-1].clips, rows), []
    for section in _sections(job, table, by_regression, streamed):
        # Passes take minutes each: what is known is kept whatever becomes of the rest.
        written.append(section)
        write_report(job.out, "How well it hears", facts, written)
    return table or by_regression


def _sections(
    job: EvaluationJob,
    table: Sequence[Evaluation],
    by_regression: Sequence[Evaluation],
    streamed: Mapping[Row, StreamedEvaluation],
) -> Iterator[Section]:
    if table:
        yield scores(table, job.out)
    if streamed:
        yield from _about(streamed, list(streamed)[-1], job)
    if job.with_leak:
        yield leak(by_regression)


def _about(streamed: Mapping[Row, StreamedEvaluation], row: Row, job: EvaluationJob) -> Iterator[Section]:
    """The sections about one of the rows."""
    evaluation = streamed[row]
    if not evaluation.p.any():
        yield Section("heard", "Nothing was heard", ("In no clip was there any speech to judge by.",), {})
        return
    out, labels, weights = job.out, job.labels, _weights(streamed, row)
    ensembles = FoldEnsembles(model_sets(row), weights)
    by_name, tallies = {alone.name: alone for alone in _alone(streamed, row)}, None
    if weights:
        if len(row) == 1:
            # Its weight came from what it says alone; the daemon weighs every window before anything is smoothed.
            name = f"{evaluation.name} with its weight"
            evaluation = evaluate(name, ensembles, evaluation.clips, labels)
        by_name[evaluation.name] = evaluation
        tallies = tallies_of(evaluation)
        if models := _identities(row):
            of_all = pool_weights(_probabilities_of(streamed, row), evaluation.truth)
            measured = Measured(tallies, target_results(tallies[0], evaluation), "speakers")
            write_reliability(out, models, of_all, measured)
    yield breakdown(evaluation)
    yield calibration(by_name, weights, out)
    yield abstaining(evaluation, tallies, out)
    yield pace(evaluation, out)
    if section := people(evaluation, labels):
        yield section
    if job.with_noise:
        yield noise(evaluation, ensembles, labels, job.sample, out)
    if job.with_disturbed:
        yield disturbed(evaluation, ensembles, labels, job.sample, out)
    if job.with_sessions:
        yield sessions(evaluation, ensembles, labels)
    harm = job.sample if job.with_harm else None
    if job.enrol_s is not None:
        # Each of those that listen together alone too, then all of them.
        alone = [(streamed[single], model_sets(single)) for single in _singles(row) if single != row]
        known = [(unknown, FoldEnsembles(sets)) for unknown, sets in alone if _takes_a_speaker(sets)]
        yield enrolment([*known, (evaluation, ensembles)], labels, job.enrol_s, harm)
    if job.enrol_moods is not None:
        yield enrolment_by_moods(evaluation, ensembles, labels, job.enrol_moods, harm)
    if place := elsewhere(row, job.clips):
        yield from _elsewhere(evaluation, _probabilities_of(streamed, row), row, place, job)


def _elsewhere(
    evaluation: StreamedEvaluation, p: F64, row: Row, place: Elsewhere, job: EvaluationJob
) -> Iterator[Section]:
    """The sections about corpora that were never heard; ``p`` (M, N, K) is what each of the row says on the folds."""
    labels, name = job.labels, f"{evaluation.name}, other corpora"
    # The clips of a corpus do not take part in fitting the weights that evaluate them.
    weights = cross_fitted(p, evaluation.truth, evaluation.corpora) if place.held_out else {}
    others = pool_weights(p, evaluation.truth)
    ensembles = place.ensembles(weights, others)
    unknown, enrolled = evaluate(name, ensembles, place.clips, labels), None
    if job.enrol_s is not None:
        own_clips = own_enrolments(place.clips, labels, job.enrol_s)
        enrolled = evaluate(f"{name}, enrolled", ensembles, place.clips, labels, enrolments=own_clips)
    yield other_corpora(evaluation, unknown, enrolled, job.enrol_s or 0.0)
    if len(place.held_out) > 1 and unknown.p.any():
        yield _confidence_elsewhere(unknown, place, (weights, others), row, job)
    if job.with_sessions:
        yield _there(sessions(unknown, ensembles, labels))
    if job.enrol_moods is not None and can_enrol(place.clips, labels, job.enrol_moods):
        yield _there(enrolment_by_moods(unknown, ensembles, labels, job.enrol_moods, None))


def _confidence_elsewhere(
    unknown: StreamedEvaluation,
    place: Elsewhere,
    weighed: tuple[Mapping[str, tuple[float, ...]], tuple[float, ...]],
    row: Row,
    job: EvaluationJob,
) -> Section:
    """How honest confidence is there with scaled weights, which the daemon is told.

    ``weighed`` are the weights that gave ``unknown``: by corpus, and for corpora that no run has.
    """
    weights, others = weighed
    # Corpora that no run has are judged by one set of networks: those of the runs say how sure it may be of them all.
    for_others = scale(unknown.of(np.isin(unknown.corpora, place.held_out)))
    factors = {
        corpus: scale(unknown.of(unknown.corpora != corpus)) if corpus in place.held_out else for_others
        for corpus in sorted(set(unknown.corpora.tolist()))
    }
    scaled = place.ensembles(
        {corpus: _times(factors[corpus], weights[corpus]) for corpus in place.held_out if corpus in factors},
        _times(for_others, others),
    )
    sample = stratified_sample(unknown.clips, job.labels, job.sample)
    after = evaluate(f"{unknown.name}, as sure as they ask for", scaled, sample, job.labels)
    tallies = tallies_of(after)
    promises = target_results(tallies[0], after, np.unique(after.corpora, return_inverse=True)[1])
    if models := _identities(row):
        write_reliability(job.out, models, _times(scale(unknown), others), Measured(tallies, promises, "corpora"))
    return confidence_elsewhere(unknown.of(unknown.mask_of(sample)), after, factors, promises)


def _there(section: Section) -> Section:
    """The section as one about corpora that were never heard."""
    return replace(section, key=f"{section.key}_elsewhere", title=f"{section.title}, in corpora never heard")


def _times(factor: float, weights: Sequence[float]) -> tuple[float, ...]:
    return tuple(factor * weight for weight in weights)


def _singles(row: Row) -> list[Row]:
    return [(path,) for path in row]


def _alone(streamed: Mapping[Row, StreamedEvaluation], row: Row) -> list[StreamedEvaluation]:
    """What each of the row says alone."""
    return [streamed[single] for single in _singles(row)]


def _probabilities_of(streamed: Mapping[Row, StreamedEvaluation], row: Row) -> F64:
    """The same as probabilities (M, N, K)."""
    return np.stack([evaluation.p for evaluation in _alone(streamed, row)])


def _weights(streamed: Mapping[Row, StreamedEvaluation], row: Row) -> dict[int, tuple[float, ...]]:
    """By fold how far each of the row is believed there, from what each says alone in the other folds; none without."""
    alone = _alone(streamed, row)[0]
    probabilities = _probabilities_of(streamed, row)
    with_speech = probabilities.any(axis=2).all(axis=0)
    if len(set(alone.fold[with_speech].tolist())) < 2:
        return {}
    return cross_fitted(probabilities, alone.truth, alone.fold)


def _takes_a_speaker(sets: Sequence[tuple[Path, ...]]) -> bool:
    return all(any(EmotionModel.load(path).card.neutral_summary for path in models) for models in sets)


def _with_singles(rows: Sequence[Row]) -> list[Row]:
    """Every row once; before those that listen together, each of them alone."""
    found: dict[Row, None] = {}
    for row in rows:
        found.update(dict.fromkeys((path,) for path in row))
        found[row] = None
    return list(found)


def _is_whole(folder: Path, evaluation: Evaluation) -> bool:
    """Whether all clips of the folds were judged: a card must not carry scores of a part of them."""
    held_out = sum(len(runs.read_held_out(part)[1]) for part in runs.evaluated_parts(folder))
    return held_out == len(evaluation.clips)


def _name(row: Row) -> str:
    return " + ".join(path.name for path in row)


def _identities(row: Row) -> list[ModelIdentity]:
    """How the shipped networks of these runs are known; none where a run has no network of all speakers yet."""
    parts = [folder / runs.ALL for folder in row if (folder / runs.ALL / "split.json").exists()]
    if len(parts) < len(row):
        return []
    recipes = [runs.read_run(part.parent).recipe for part in parts]
    return [
        ModelIdentity(name=recipe.network, variant=recipe.variant, split_hash=runs.read_split(part).split_hash)
        for recipe, part in zip(recipes, parts, strict=True)
    ]


def _facts(clips: Sequence[Clip], rows: Sequence[Row]) -> dict[str, object]:
    """What a reader needs to know before any number."""
    cards = [EmotionModel.load(path).card for row in rows[-1:] for models in model_sets(row) for path in models]
    corpora = sorted({clip.corpus for clip in clips})
    return {
        "protocol": PROTOCOL,
        "date": date.today().isoformat(),
        "models": sorted({f"{card.name}/{card.variant} {card.version}" for card in cards}),
        "splits": sorted({card.split_hash for card in cards}),
        **{f"clips of {corpus}": _counted(clips, corpus) for corpus in corpora},
    }


def _counted(clips: Sequence[Clip], corpus: str) -> str:
    own = [clip for clip in clips if clip.corpus == corpus]
    return f"{len(own)} by {len({clip.speaker for clip in own})} speakers"
