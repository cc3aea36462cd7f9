"""How well people do on the same clips, from the votes that a corpus publishes (CREMA-D)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import LabelSet

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class ListenerScore:
    """Accuracy and UAR, 0 to 1, of a way to count votes."""

    accuracy: float
    uar: float


def single_listeners(clips: Sequence[Clip], labels: LabelSet) -> ListenerScore:
    """One listener at a time: a clip counts the share of its votes for its own label; every answer was open to them."""
    return _score(_votes(clips, labels), clips, labels)


def majority(clips: Sequence[Clip], labels: LabelSet, *, among_labels: bool = False) -> ListenerScore:
    """The answer with the most votes; where several have as many, each counts its part.

    With ``among_labels`` votes for other emotions are passed over, as a network that does not know them has to.
    """
    votes = _votes(clips, labels)
    if among_labels:
        votes = votes[:, : len(labels.labels)]
    wins = (votes == votes.max(axis=1, keepdims=True)) & (votes > 0)
    shares = wins / np.maximum(wins.sum(axis=1, keepdims=True), 1)
    return _score(shares, clips, labels)


def _votes(clips: Sequence[Clip], labels: LabelSet) -> F64:
    """Shares of the votes (N, K and more): the labels, then every emotion that is none."""
    voted = {emotion for clip in clips for emotion in clip.votes or {}}
    others = sorted(emotion for emotion in voted if labels.index(emotion) is None)
    column = {emotion: len(labels.labels) + i for i, emotion in enumerate(others)}
    votes = np.zeros((len(clips), len(labels.labels) + len(others)))
    for row, clip in zip(votes, clips, strict=True):
        for emotion, share in (clip.votes or {}).items():
            place = labels.index(emotion)
            row[column[emotion] if place is None else place] += share
    return votes


def _score(shares: F64, clips: Sequence[Clip], labels: LabelSet) -> ListenerScore:
    truth = labels.indices(clips)
    right = shares[np.arange(len(truth)), truth]
    by_label = [right[truth == label].mean() for label in sorted(set(truth.tolist()))]
    return ListenerScore(float(right.mean()), float(np.mean(by_label)))
