"""From the probabilities of each step to a label that is steady enough to read: half-life, hysteresis, abstention."""

from dataclasses import dataclass

import numpy as np

from emostream.features.arrays import Probabilities


@dataclass(frozen=True, slots=True)
class SmoothingConfig:
    """How steady the shown label is.

    Probabilities are averaged with weights that halve every ``half_life_ms``. A label is shown once its probability
    reaches ``on_threshold`` and kept while it is at least ``off_threshold``; another label replaces it only when it is
    more probable by ``switch_margin``.

    Raises ``ValueError`` for numbers outside these ranges.
    """

    half_life_ms: float = 500.0
    on_threshold: float = 0.45
    off_threshold: float = 0.40
    switch_margin: float = 0.05

    def __post_init__(self) -> None:
        if (
            not self.half_life_ms >= 0
            or not 0 <= self.off_threshold <= self.on_threshold <= 1
            or not 0 <= self.switch_margin <= 1
        ):
            raise ValueError(
                "smoothing needs half_life_ms >= 0, 0 <= off_threshold <= on_threshold <= 1 and "
                f"0 <= switch_margin <= 1: got {self}"
            )


class Smoother:
    """Probabilities of shape (K,) in, smoothed probabilities and the index of a label (or None: abstain) out."""

    def __init__(self, config: SmoothingConfig) -> None:
        self._config = config
        self.reset()

    def reset(self) -> None:
        """Forget all probabilities: what follows is as from a new smoother."""
        self._p: Probabilities | None = None
        self._shown: int | None = None

    def push(self, p: Probabilities, elapsed_ms: float) -> tuple[Probabilities, int | None]:
        """Take probabilities (K,), ``elapsed_ms`` after the previous ones; give smoothed ones and a label's index."""
        if self._p is None:
            self._p = p
        else:
            half_life_ms = self._config.half_life_ms
            old = 0.5 ** (elapsed_ms / half_life_ms) if half_life_ms else 0.0
            self._p = (old * self._p + (1 - old) * p).astype(np.float32)
        self._shown = self._choose(self._p)
        return self._p, self._shown

    def _choose(self, p: Probabilities) -> int | None:
        config, best = self._config, int(p.argmax())
        if self._shown is not None:
            shown_p = p[self._shown]
            if shown_p >= config.off_threshold and p[best] < shown_p + config.switch_margin:
                return self._shown
        return best if p[best] >= config.on_threshold else None
