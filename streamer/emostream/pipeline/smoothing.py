"""From one probability vector a step to a label that a person can follow: half-life, hysteresis, abstention."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SmoothingConfig:
    """How steady the shown label is.

    Probabilities are averaged with weights that halve every ``half_life_ms``. A label is named once its probability
    reaches ``on_threshold`` and kept down to ``off_threshold``; another one takes over only when it is ahead by
    ``switch_margin``.
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
        """Forget everything: what follows is as from a new smoother."""
        self._p: F32 | None = None
        self._named: int | None = None

    def push(self, p: F32, elapsed_ms: float) -> tuple[F32, int | None]:
        """Take the next probabilities, ``elapsed_ms`` after the ones before."""
        if self._p is None:
            self._p = p
        else:
            half_life_ms = self._config.half_life_ms
            old = 0.5 ** (elapsed_ms / half_life_ms) if half_life_ms else 0.0
            self._p = (old * self._p + (1 - old) * p).astype(np.float32)
        self._named = self._name(self._p)
        return self._p, self._named

    def _name(self, p: F32) -> int | None:
        config, best = self._config, int(p.argmax())
        if self._named is not None:
            held = p[self._named]
            if held >= config.off_threshold and p[best] < held + config.switch_margin:
                return self._named
        return best if p[best] >= config.on_threshold else None
