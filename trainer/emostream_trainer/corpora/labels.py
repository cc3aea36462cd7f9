"""Label sets: which emotions a network tells apart, and which emotion counts as which label."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from emostream.errors import NoInputError, UsageError
from emostream_trainer.corpora.clip import Clip


@dataclass(frozen=True)
class LabelSet:
    """K labels in the order of the network's outputs, and further emotions that count as one of them.

    counts_as: {emotion: label}. An emotion that is neither a label nor in it is left out.
    Raises UsageError for fewer than two labels, a label twice, or an emotion that counts as something unknown.
    """

    labels: tuple[str, ...]
    counts_as: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.labels) < 2 or len(set(self.labels)) < len(self.labels) or "" in self.labels:
            found = ", ".join(self.labels) or "none"
            raise UsageError(f"found labels {found}, expected two or more different names: name each label once")
        for emotion, label in self.counts_as.items():
            if label not in self.labels or emotion in self.labels:
                raise UsageError(f"found {emotion!r} counted as {label!r}, expected a label: {', '.join(self.labels)}")

    def index(self, emotion: str) -> int | None:
        """Return the label's place in 0..K-1, or None for an emotion that is left out."""
        label = self.counts_as.get(emotion, emotion)
        return self.labels.index(label) if label in self.labels else None

    def keep(self, clips: Sequence[Clip]) -> list[Clip]:
        """Return the clips whose emotion has a label, in order.

        Raises NoInputError where a label has no clip at all: a network cannot learn it.
        """
        kept = [clip for clip in clips if self.index(clip.emotion) is not None]
        missing_labels = set(self.labels) - {self.labels[self._place(clip)] for clip in kept}
        if missing_labels:
            counts = Counter(clip.emotion for clip in clips)
            found = ", ".join(f"{emotion} {count}" for emotion, count in counts.most_common()) or "no clips"
            missing = ", ".join(sorted(missing_labels))
            raise NoInputError(f"found no clip of {missing} (found {found}): choose other labels or add a corpus")
        return kept

    def indices(self, clips: Sequence[Clip]) -> NDArray[np.int64]:
        """Return i64[N], each clip's label as its place in 0..K-1. Raises UsageError for a clip that is left out."""
        return np.array([self._place(clip) for clip in clips], dtype=np.int64)

    def targets(self, clips: Sequence[Clip], soft: bool = False) -> NDArray[np.float32]:
        """Return f32[N, K], rows summing to 1: one-hot, or with `soft` the share of listeners who heard each label.

        Votes for emotions that are left out are not counted; a clip without a vote for any label keeps its one-hot row.
        """
        targets = np.zeros((len(clips), len(self.labels)), dtype=np.float32)
        for number, clip in enumerate(clips):
            row = targets[number]
            if soft:
                for emotion, share in (clip.votes or {}).items():
                    place = self.index(emotion)
                    if place is not None:
                        row[place] += share
            if row.sum() > 0:
                row /= row.sum()
            else:
                row[self._place(clip)] = 1.0
        return targets

    def _place(self, clip: Clip) -> int:
        place = self.index(clip.emotion)
        if place is None:
            labels = ", ".join(self.labels)
            raise UsageError(
                f"found {clip.emotion!r} in {clip.path}, expected one of {labels}: keep() such clips out first"
            )
        return place


def label_set(text: str) -> LabelSet:
    """Return the label set written as `angry,happy,neutral+calm,sad`: after a `+`, what counts as the label before it.

    `calm` counts as neutral where there is a label neutral and calm is not named. Raises UsageError for an
    empty name, for an emotion that is named twice, and as LabelSet does.
    """
    groups = [[word.strip() for word in group.split("+")] for group in text.split(",")]
    words = [word for group in groups for word in group]
    if "" in words:
        raise UsageError(f"found an empty name in {text!r}, expected labels such as angry,happy,neutral+calm,sad")
    if len(set(words)) < len(words):
        raise UsageError(f"found an emotion twice in {text!r}, expected each once: give it to one label")
    labels = tuple(group[0] for group in groups)
    counts_as = {word: group[0] for group in groups for word in group[1:]}
    if "neutral" in labels and "calm" not in words:
        counts_as["calm"] = "neutral"
    return LabelSet(labels, counts_as)


FOUR = label_set("angry,happy,neutral,sad")
