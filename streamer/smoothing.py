"""From one probability vector a step to a label that a person can follow: half-life, hysteresis, abstention."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SmoothingConfig:
    """How steady the shown label is.

    Probabilities are averaged with weights that halve every ``half_life_ms``. A label is named once its probability
    reaches ``name_at`` and kept down to ``keep_at``; another one takes over only when it leads by ``lead``.
    """

    half_life_ms: float = 500.0
    name_at: float = 0.45
    keep_at: float = 0.40
    lead: float = 0.05

    def __post_init__(self) -> None:
        if not self.half_life_ms >= 0 or not 0 <= self.keep_at <= self.name_at <= 1 or not 0 <= self.lead <= 1:
            raise ValueError(
                f"smoothing needs half_life_ms >= 0, 0 <= keep_at <= name_at <= 1 and 0 <= lead <= 1: got {self}"
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
            if held >= config.keep_at and p[best] < held + config.lead:
                return self._named
        return best if p[best] >= config.name_at else None
