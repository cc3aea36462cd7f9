"""What torch networks with a summary share: standardised statistics of the window, and a classifier over them."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from emostream_trainer.networks.narrow_band import NarrowBand
from emostream_trainer.recipes import Recipe


class Summarised(nn.Module):
    """A classifier over statistics (B, S) of windows, relative to what is usual for the speaker.

    A network gives ``statistics``.
    """

    def __init__(self, size: int, n_labels: int) -> None:
        super().__init__()
        self.standardise = nn.BatchNorm1d(size, affine=False)
        self.classify = nn.Linear(size, n_labels)

    def statistics(self, features: Tensor) -> Tensor:
        """Windows (B, T, D) -> (B, S)."""
        raise NotImplementedError

    def summary(self, features: Tensor) -> Tensor:
        """Windows (B, T, D) -> (B, S), standardised."""
        summary: Tensor = self.standardise(self.statistics(features))
        return summary

    def forward(self, features: Tensor, offset: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B, K) and summaries (B, S) of windows (B, T, D) by speakers who differ by ``offset`` (B, S)."""
        summary = self.summary(features)
        return self.logits(summary - offset, features), summary

    def logits(self, own: Tensor, features: Tensor) -> Tensor:
        """Logits (B, K) of summaries relative to the speaker, ``own`` (B, S), of windows (B, T, D)."""
        logits: Tensor = self.classify(own)
        return logits


class OverTrunk(Summarised):
    """One whose statistics are of a ``trunk`` that stays as it is, and of the latest ``LATEST`` rows of a window.

    A recipe with ``narrow_band`` has a second classifier, for windows through a telephone's band. What the band does to
    every summary, ``shift`` (S,), is taken off theirs: so a voice's own mean is the same on any line.
    """

    LATEST: int
    shift: Tensor

    def __init__(self, trunk: nn.Module, size: int, n_labels: int, recipe: Recipe) -> None:
        super().__init__(size, n_labels)
        self.trunk = trunk.requires_grad_(False)
        self.has_narrow_band = recipe.narrow_band
        if self.has_narrow_band:
            self.is_narrow = NarrowBand(recipe.features)
            self.classify_narrow = nn.Linear(size, n_labels)
            self.register_buffer("shift", torch.zeros(size))

    def summary(self, features: Tensor) -> Tensor:
        """As ``Summarised.summary``, without what a telephone's band does to it."""
        summary = super().summary(features)
        return summary - self._narrow(features) * self.shift if self.has_narrow_band else summary

    def logits(self, own: Tensor, features: Tensor) -> Tensor:
        """As ``Summarised.logits``, each by the classifier for its band."""
        logits = super().logits(own, features)
        if not self.has_narrow_band:
            return logits
        narrow = self._narrow(features)
        by_band: Tensor = (1 - narrow) * logits + narrow * self.classify_narrow(own)
        return by_band

    def _narrow(self, features: Tensor) -> Tensor:
        narrow: Tensor = self.is_narrow(features[:, -self.LATEST :])
        return narrow

    def train(self, mode: bool = True) -> "OverTrunk":
        """The trunk stays as in use: its batch norms' statistics are not learnt anew either."""
        super().train(mode)
        self.trunk.eval()
        return self


def mean_and_deviation(stages: Sequence[Tensor]) -> Tensor:
    """Means over time of all stages (B, T, C), then their deviations: (B, 2 C times the stages)."""
    means = [stage.mean(dim=1) for stage in stages]
    deviations = [
        (stage - mean.unsqueeze(1)).square().mean(dim=1).clamp_min(1e-6).sqrt()
        for stage, mean in zip(stages, means, strict=True)
    ]
    return torch.cat([*means, *deviations], dim=1)
