"""Scores after the speaker was enrolled, and what can go wrong with it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from emostream_trainer.corpora.labels import LabelSet
from emostream_trainer.data.sampling import stratified_sample
from emostream_trainer.evaluation.enrolment import mood_enrolments, own_enrolments, shortened, wrong_enrolments
from emostream_trainer.evaluation.folds import FoldEnsembles
from emostream_trainer.evaluation.report import Section, Table, change, score, with_interval
from emostream_trainer.evaluation.result import Evaluation, StreamedEvaluation
from emostream_trainer.evaluation.sessions import SessionPlan, evaluate_sessions
from emostream_trainer.evaluation.streaming import evaluate
from emostream_trainer.evaluation.wrong_moods import enrolments_gone_wrong

SHORT_S = 5.0
# How far UAR may fall below that of nobody by an enrolment that went wrong.
MOST_HARM = 0.03


NOBODY = "nobody"


def enrolment(
    without: Sequence[tuple[StreamedEvaluation, FoldEnsembles]],
    labels: LabelSet,
    seconds: float,
    harm_sample: int | None,
) -> Section:
    """What it brings to know the speaker, and of a sample what drift and too short and wrong enrolments do.

    ``without`` are evaluations without an enrolment and their models, the last of which the section is about;
    ``harm_sample`` is the size of the sample by corpus, None for none.
    """
    evaluation, ensembles = without[-1]
    own = own_enrolments(evaluation.clips, labels, seconds)
    all_rows = _EnrolmentRows(evaluation)
    enrolled = evaluation
    for unknown, its_models in without:
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
        chosen = evaluation.mask_of(sample)
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


def enrolment_by_moods(
    evaluation: StreamedEvaluation,
    ensembles: FoldEnsembles,
    labels: LabelSet,
    per_mood: int,
    harm_sample: int | None,
) -> Section:
    """What it brings to enrol with ``per_mood`` clips of each mood, beside nobody, with and without drift.

    ``harm_sample`` is of how many clips of each corpus it says too what enrolments do that go wrong, None for none. All
    rows are of the same clips: those of speakers with enough clips that are in no enrolment. Raises
    ``NoInputError`` where no speaker has enough.
    """
    enrolments = mood_enrolments(evaluation.clips, labels, per_mood)
    taken = {path for each in enrolments.values() for path in each.clips}
    clips = [clip for clip in evaluation.clips if clip.speaker in enrolments and clip.path not in taken]
    rows = _EnrolmentRows(evaluation.of(evaluation.mask_of(clips)))
    for who, known in ((NOBODY, {}), (f"{per_mood} of each mood", enrolments)):
        for adapts in (False, True):
            found = evaluate_sessions(evaluation.name, ensembles, clips, labels, SessionPlan(adapts, known))
            rows.add(f"{who}, following the voice" if adapts else who, found, len(clips) if known else 0)
    text = (
        f"UAR of {len(clips)} clips by {len(enrolments)} speakers, each in one stream, who are unknown or enrolled "
        f"with {per_mood} of their other clips of each mood. Verdicts are the mean over a clip's utterances."
    )
    body: list[str | Table | Path] = [text, rows.table()]
    numbers = rows.numbers
    if harm_sample is not None:
        sample = stratified_sample(clips, labels, harm_sample)
        plans = {f"{per_mood} of each mood": enrolments} | enrolments_gone_wrong(enrolments, evaluation.clips)
        unknown = evaluate_sessions(evaluation.name, ensembles, sample, labels)
        falls = {
            who: evaluate_sessions(evaluation.name, ensembles, sample, labels, SessionPlan(enrolments=plan)).fall_from(
                unknown
            )
            for who, plan in plans.items()
        }
        body += [
            f"What may go wrong, on {len(sample)} clips, at most {harm_sample} of each corpus: how far UAR changes "
            f"against nobody enrolled, while the voice is followed. At most {score(MOST_HARM)} less is asked.",
            Table(
                ("enrolled", "change of UAR"),
                tuple((who, change(-fall, (-high, -low))) for who, (fall, low, high) in falls.items()),
            ),
        ]
        numbers = numbers | {
            "harm": {
                "clips": len(sample),
                "most": MOST_HARM,
                "falls": {who: {"fall": fall, "interval": (low, high)} for who, (fall, low, high) in falls.items()},
            }
        }
    return Section("enrolment_by_moods", "Knowing the speaker's moods", tuple(body), numbers)


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
