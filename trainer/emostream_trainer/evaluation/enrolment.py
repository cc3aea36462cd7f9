"""Who is enrolled with what before a clip is scored: other clips of the same speaker, never the clip itself."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from emostream.errors import NoInputError, UsageError
from emostream.inference.profile import NEUTRAL
from emostream_trainer.corpora.clip import Clip, seconds_of
from emostream_trainer.corpora.labels import LabelSet
from emostream_trainer.data.sampling import stable_hash
from emostream_trainer.evaluation.disturbance import Disturbance


@dataclass(frozen=True)
class Enrolment:
    """Files to enrol a speaker with, one after the other, and after how many seconds of audio it is enough.

    ``moods`` are the labels of the files where they are enrolled as moods, else there are none. ``disturbances`` are
    what happens to each file before it is heard, none without.
    """

    speaker: str
    clips: tuple[Path, ...]
    seconds: float = math.inf
    moods: tuple[str, ...] = ()
    disturbances: tuple[Disturbance, ...] = ()


def own_enrolments(clips: Sequence[Clip], labels: LabelSet, seconds: float) -> dict[Path, Enrolment]:
    """For each clip an enrolment of its speaker in which it is not: {path: enrolment}.

    A speaker's neutral clips are halved. A neutral clip is scored after the other half, other clips after one half or
    the other in turn. Clips of a speaker without a neutral clip to spare are left out. Raises ``UsageError`` for labels
    without neutral.
    """
    if NEUTRAL not in labels.labels:
        raise UsageError(
            f"people enrol by speaking neutrally, and {', '.join(labels.labels)} has no {NEUTRAL}: leave out --enrol"
        )
    neutral = labels.index(NEUTRAL)
    found: dict[Path, Enrolment] = {}
    for speaker in {clip.speaker for clip in clips}:
        own = _in_stable_order(clip for clip in clips if clip.speaker == speaker)
        calm = [clip for clip in own if labels.index(clip.emotion) == neutral]
        moved = [clip for clip in own if labels.index(clip.emotion) != neutral]
        for half in (0, 1):
            enough = _enough(calm[half::2], seconds)
            if enough:
                enrolment = Enrolment(speaker, enough, seconds)
                found |= {clip.path: enrolment for clip in (*calm[1 - half :: 2], *moved[half::2])}
    return found


def mood_enrolments(clips: Sequence[Clip], labels: LabelSet, per_mood: int) -> dict[str, Enrolment]:
    """For every speaker with more than ``per_mood`` clips of each label an enrolment with so many of each, by speaker.

    So each label of a speaker is scored too, on clips that are in no enrolment. Which clips enrol hangs on them alone.
    Raises ``NoInputError`` where no speaker has enough.
    """
    found = {}
    for speaker, moods in sorted(_by_mood(clips, labels).items()):
        if min(map(len, moods)) > per_mood:
            clips_of = tuple(clip.path for of_label in moods for clip in of_label[:per_mood])
            names = tuple(label for label in labels.labels for _ in range(per_mood))
            found[speaker] = Enrolment(speaker, clips_of, moods=names)
    if not found:
        raise NoInputError(
            f"found no speaker with {per_mood + 1} clips of each of {', '.join(labels.labels)}, {per_mood} to enrol "
            "with and one to score: enrol with fewer, or leave out --enrol-moods"
        )
    return found


def can_enrol(clips: Sequence[Clip], labels: LabelSet, per_mood: int) -> bool:
    """Whether a speaker has enough clips for ``mood_enrolments``."""
    return any(min(map(len, moods)) > per_mood for moods in _by_mood(clips, labels).values())


def wrong_enrolments(clips: Sequence[Clip], own: Mapping[Path, Enrolment]) -> dict[Path, Enrolment]:
    """For each clip an enrolment of the next speaker of its corpus; clips of a corpus with one such are left out."""
    by_speaker: dict[str, dict[str, Enrolment]] = {}
    for clip in clips:
        if clip.path in own:
            by_speaker.setdefault(clip.corpus, {}).setdefault(clip.speaker, own[clip.path])
    found = {}
    for clip in clips:
        enrolled = by_speaker.get(clip.corpus, {})
        speakers = sorted(enrolled)
        if clip.path in own and len(speakers) > 1:
            found[clip.path] = enrolled[speakers[(speakers.index(clip.speaker) + 1) % len(speakers)]]
    return found


def shortened(enrolments: Mapping[Path, Enrolment], seconds: float) -> dict[Path, Enrolment]:
    """The same with less audio."""
    return {path: replace(enrolment, seconds=seconds) for path, enrolment in enrolments.items()}


def _by_mood(clips: Sequence[Clip], labels: LabelSet) -> dict[str, list[list[Clip]]]:
    """Each speaker's clips of each label, in an order that hangs on them alone."""
    by_mood: dict[str, list[list[Clip]]] = {}
    for clip in _in_stable_order(clips):
        if (label := labels.index(clip.emotion)) is not None:
            by_mood.setdefault(clip.speaker, [[] for _ in labels.labels])[label].append(clip)
    return by_mood


def _in_stable_order(clips: Iterable[Clip]) -> list[Clip]:
    return sorted(clips, key=lambda clip: stable_hash(clip, "enrolment"))


def _enough(clips: Sequence[Clip], seconds: float) -> tuple[Path, ...]:
    taken: list[Path] = []
    taken_s = 0.0
    for clip in clips:
        if taken_s >= seconds:
            break
        taken.append(clip.path)
        taken_s += seconds_of(clip)
    return tuple(taken)
