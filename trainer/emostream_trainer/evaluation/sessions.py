"""One stream for all clips of a speaker: what the stream learns of the voice is kept from clip to clip."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emostream.inference.profile import NEUTRAL
from emostream.inference.speaker import AdaptationConfig
from emostream.inference.vad import SAMPLE_RATE_HZ
from emostream.pipeline.config import StreamConfig
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import LabelSet
from emostream_trainer.data.feature_cache import read_audio
from emostream_trainer.evaluation.enrolment import Enrolment
from emostream_trainer.evaluation.folds import FoldEnsembles, fold_indices
from emostream_trainer.evaluation.result import ClipLog, StreamedEvaluation, log_of
from emostream_trainer.evaluation.streaming import evaluation_of, new_stream, profile_of, push_apart
from emostream_trainer.parallel import parallel_map


@dataclass(frozen=True)
class SessionEvaluation(StreamedEvaluation):
    """What was named of clips in sessions. ``before_s`` (N,): how long its session had lasted when a clip began."""

    before_s: NDArray[np.float64]

    def of(self, chosen: NDArray[np.bool_]) -> "SessionEvaluation":
        """What was named of the chosen clips alone."""
        part = super().of(chosen)
        return SessionEvaluation(**_fields(part), before_s=self.before_s[chosen])

    def between(self, start_s: float, end_s: float) -> "SessionEvaluation":
        """What was named of the clips that began from ``start_s`` to before ``end_s`` of their session."""
        return self.of((self.before_s >= start_s) & (self.before_s < end_s))


@dataclass(frozen=True)
class SessionPlan:
    """How sessions go: whether what is heard of a voice is learnt, who is enrolled, and what somebody else says before.

    Enrolments and the clips of others are by speaker.
    """

    adapts: bool = True
    enrolments: Mapping[str, Enrolment] = field(default_factory=dict)
    before: Mapping[str, Sequence[Path]] = field(default_factory=dict)


@dataclass(frozen=True)
class Session:
    """A speaker's clips in their order, models that never heard the speaker, and the speaker's enrolment, if any.

    ``before`` are clips of somebody else, which the stream hears first and which are not judged.
    """

    models: tuple[Path, ...]
    weights: tuple[float, ...]
    clips: Sequence[Path]
    adapts: bool
    enrolment: Enrolment | None = None
    before: Sequence[Path] = ()


def evaluate_sessions(
    name: str,
    ensembles: FoldEnsembles,
    clips: Sequence[Clip],
    labels: LabelSet,
    plan: SessionPlan | None = None,
) -> SessionEvaluation:
    """The same with one stream a speaker, which keeps what it learns of the voice from clip to clip.

    The clips come in a shuffled order that is always the same, each after a silence. A stream has one summary alone, so
    ``p`` is what the clip's utterances say. Raises as ``evaluate`` does.
    """
    plan = plan or SessionPlan()
    wanted = [clip for clip in clips if labels.index(clip.emotion) is not None]
    fold = fold_indices(ensembles.sets, wanted, labels)
    shuffled = np.random.default_rng(0).permutation(len(wanted)).tolist()
    of_speaker: dict[tuple[str, int], list[int]] = {}
    for i in shuffled:
        of_speaker.setdefault((wanted[i].speaker, int(fold[i])), []).append(i)
    sessions = [
        Session(
            ensembles.sets[place],
            ensembles.weights.get(place, ()),
            [wanted[i].path for i in own],
            plan.adapts,
            plan.enrolments.get(speaker),
            plan.before.get(speaker, ()),
        )
        for (speaker, place), own in of_speaker.items()
    ]
    by_session = parallel_map(stream_session, sessions, f"{name}, {len(sessions)} sessions", chunk=1)
    found = dict(zip(itertools.chain(*of_speaker.values()), itertools.chain(*by_session), strict=True))
    in_order = [found[i] for i in range(len(wanted))]
    evaluation = evaluation_of(name, wanted, labels, fold, [log for log, _ in in_order])
    return SessionEvaluation(**_fields(evaluation), before_s=np.array([before_s for _, before_s in in_order]))


def stream_session(session: Session) -> list[tuple[ClipLog, float]]:
    """Stream clips one after the other: a log of each, and how long the session had lasted when it began, in s."""
    config = StreamConfig(weights=session.weights, adaptation=AdaptationConfig(drift=session.adapts))
    profile = profile_of(session.models, session.enrolment) if session.enrolment else None
    stream = new_stream(session.models, SAMPLE_RATE_HZ, config, profile)
    for clip in session.before:
        push_apart(stream, read_audio(clip, SAMPLE_RATE_HZ))
    logs, began_ms = [], stream.clock_ms
    for clip in session.clips:
        start_ms = stream.clock_ms
        events = push_apart(stream, read_audio(clip, SAMPLE_RATE_HZ))
        log = log_of(events, stream.labels, {}, start_ms)
        logs.append((replace(log, p=log.spoken_p), (start_ms - began_ms) / 1000))
    return logs


def behind_another_voice(
    evaluation: StreamedEvaluation, heard: int = 40, judged: int = 20
) -> tuple[list[Clip], dict[str, list[Path]]]:
    """The first clips of each speaker, and what the next speaker of the corpus says before, by speaker.

    The other's are ``heard`` clips at most, by somebody whom the same models never heard; speakers without such are
    left out. Which clips are taken is always the same.
    """
    order = np.random.default_rng(0).permutation(len(evaluation.clips)).tolist()
    by_place: dict[tuple[str, int], dict[str, list[Clip]]] = {}
    for i in order:
        clip = evaluation.clips[i]
        by_place.setdefault((clip.corpus, int(evaluation.fold[i])), {}).setdefault(clip.speaker, []).append(clip)
    chosen, before = [], {}
    for by_speaker in by_place.values():
        speakers = sorted(by_speaker)
        if len(speakers) > 1:
            for speaker, other in zip(speakers, [*speakers[1:], speakers[0]], strict=True):
                chosen += by_speaker[speaker][:judged]
                before[speaker] = [clip.path for clip in by_speaker[other][:heard]]
    return chosen, before


def mostly_neutral(clips: Sequence[Clip], labels: LabelSet, share: float = 0.8) -> list[Clip]:
    """So few clips of other moods that each speaker is neutral in ``share`` of them, the moods as even as can be.

    Everyday speech is so. Speakers without a neutral clip, or with too few for another mood, are left out.
    """
    neutral = labels.index(NEUTRAL)
    rng = np.random.default_rng(0)
    by_cell: dict[str, dict[int, list[Clip]]] = {}
    for i in rng.permutation(len(clips)).tolist():
        if (label := labels.index(clips[i].emotion)) is not None:
            by_cell.setdefault(clips[i].speaker, {}).setdefault(label, []).append(clips[i])
    chosen: set[Path] = set()
    for moods in by_cell.values():
        plain = moods.pop(neutral, []) if neutral is not None else []
        # In turn one of each mood.
        others = [clip for turn in itertools.zip_longest(*moods.values()) for clip in turn if clip]
        few = others[: round(len(plain) * (1 - share) / share)]
        if few:
            chosen.update(clip.path for clip in (*plain, *few))
    return [clip for clip in clips if clip.path in chosen]


def _fields(evaluation: StreamedEvaluation) -> dict[str, Any]:
    return {name: getattr(evaluation, name) for name in StreamedEvaluation.__dataclass_fields__}
