"""Scores as people use it: one stream that lasts, by how long it has listened to the voice."""

from collections.abc import Sequence

from emostream.inference.profile import NEUTRAL
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import LabelSet
from emostream_trainer.evaluation.folds import FoldEnsembles
from emostream_trainer.evaluation.report import Section, Table, score, with_interval
from emostream_trainer.evaluation.result import StreamedEvaluation
from emostream_trainer.evaluation.sessions import (
    SessionEvaluation,
    SessionPlan,
    behind_another_voice,
    evaluate_sessions,
    mostly_neutral,
)

MINUTE_S = 60.0
SPANS = {
    "first minute": (0.0, MINUTE_S),
    "second": (MINUTE_S, 2 * MINUTE_S),
    "third": (2 * MINUTE_S, 3 * MINUTE_S),
    "later": (3 * MINUTE_S, float("inf")),
    "after the first": (MINUTE_S, float("inf")),
}


def sessions(evaluation: StreamedEvaluation, ensembles: FoldEnsembles, labels: LabelSet) -> Section:
    """Sessions of each speaker's clips, as they are and mostly neutral, with and without adaptation to the voice."""
    kinds: dict[str, Sequence[Clip]] = {"all clips": evaluation.clips}
    if labels.index(NEUTRAL) is not None and (plain := mostly_neutral(evaluation.clips, labels)):
        kinds["80 % neutral"] = plain
    rows, numbers = [], {}
    for kind, clips in kinds.items():
        for adapts in (False, True):
            found = evaluate_sessions(evaluation.name, ensembles, clips, labels, SessionPlan(adapts))
            name = f"{kind}, {'following the voice' if adapts else 'without adaptation'}"
            numbers[name] = {span: _numbers(found.between(*SPANS[span])) for span in SPANS}
            rows.append((name, *(_cell(numbers[name][span]) for span in SPANS)))
    clips, others = behind_another_voice(evaluation)
    for name, before in (("first clips", {}), ("first clips, behind another voice", others)) if clips else ():
        found = evaluate_sessions(evaluation.name, ensembles, clips, labels, SessionPlan(before=before))
        numbers[name] = {span: _numbers(found.between(*SPANS[span])) for span in SPANS}
        rows.append((name, *(_cell(numbers[name][span]) for span in SPANS)))
    text = (
        "UAR, the mean of the corpora, of clips in sessions: each speaker's clips in a random order in one stream, by "
        "how long the session had lasted when a clip began. Nobody is enrolled. Verdicts are the mean over a clip's "
        "utterances; speakers with short sessions have no clips in later columns. Behind another voice the stream "
        "hears up to 40 clips of another speaker of the corpus first, and is judged on up to 20 by the next."
    )
    return Section("sessions", "While a voice is being got to know", (text, Table(("", *SPANS), tuple(rows))), numbers)


def _numbers(found: SessionEvaluation) -> dict[str, object]:
    if not found.clips:
        return {"clips": 0}
    return {"clips": len(found.clips), "scores": found.scores(), "intervals": found.intervals()}


def _cell(numbers: dict[str, object]) -> str:
    if not numbers["clips"]:
        return score(None)
    scores, intervals = numbers["scores"], numbers["intervals"]
    assert isinstance(scores, dict)
    assert isinstance(intervals, dict)
    return with_interval(scores["UAR mean"], intervals["mean"])
