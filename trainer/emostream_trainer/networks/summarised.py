"""What torch networks with a summary share: standardised statistics of the window, and a classifier over them."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


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
        return self.classify(summary - offset), summary


class OverTrunk(Summarised):
    """One whose statistics are of a ``trunk`` that stays as it is."""

    def __init__(self, trunk: nn.Module, size: int, n_labels: int) -> None:
        super().__init__(size, n_labels)
        self.trunk = trunk.requires_grad_(False)

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
