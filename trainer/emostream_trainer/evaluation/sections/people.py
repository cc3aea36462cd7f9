"""Listeners on the same clips."""

from dataclasses import asdict

from emostream_trainer import metrics
from emostream_trainer.corpora.labels import LabelSet
from emostream_trainer.evaluation.listeners import majority, single_listeners
from emostream_trainer.evaluation.report import Section, Table, score
from emostream_trainer.evaluation.result import Evaluation


def people(evaluation: Evaluation, labels: LabelSet) -> Section | None:
    """Listeners on the same clips; None where no clip has votes."""
    voted = [i for i, clip in enumerate(evaluation.clips) if clip.votes]
    if not voted:
        return None
    clips = [evaluation.clips[i] for i in voted]
    truth, predicted = evaluation.truth[voted], evaluation.predicted[voted]
    found = {
        "single listeners": asdict(single_listeners(clips, labels)),
        "majority of listeners": asdict(majority(clips, labels)),
        "majority, votes for these labels alone": asdict(majority(clips, labels, among_labels=True)),
        evaluation.name: {"accuracy": float((truth == predicted).mean()), "uar": metrics.uar(truth, predicted)},
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
