"""One prediction over many windows: of an utterance, or of a whole file."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emostream.features.arrays import Probabilities


@dataclass(frozen=True, slots=True)
class Prediction:
    """Probabilities by label, the label (None: no probability is high enough, or no speech), and the highest one."""

    p: dict[str, float]
    label: str | None
    confidence: float


class UtteranceMean:
    """The mean of windows' probabilities, each weighted by the speech in its window.

    A label is given from the probability ``on_threshold`` on.
    """

    def __init__(self, labels: tuple[str, ...], on_threshold: float) -> None:
        self._labels = labels
        self._on_threshold = on_threshold
        self._sum = np.zeros(len(labels))
        self._weight = 0.0

    def add(self, p: Probabilities, weight: float) -> None:
        """Count in the probabilities of one window, of shape (K,)."""
        self._sum += weight * p
        self._weight += weight

    def prediction(self) -> Prediction:
        """The prediction so far."""
        if self._weight == 0:
            return Prediction({}, None, 0.0)
        p = self._sum / self._weight
        best = int(p.argmax())
        confidence = float(p[best])
        label = self._labels[best] if confidence >= self._on_threshold else None
        return Prediction(by_label(self._labels, p), label, round(confidence, 4))


def by_label(labels: tuple[str, ...], p: NDArray[np.floating]) -> dict[str, float]:
    """Probabilities of shape (K,) as they stand in events: by label, to four places."""
    return {label: round(float(value), 4) for label, value in zip(labels, p, strict=True)}
