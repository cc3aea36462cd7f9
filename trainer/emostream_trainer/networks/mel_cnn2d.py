"""The 2-D network, in torch: log-mel windows (B, T, D) in dB -> logits (B, K)."""

from pathlib import Path

import torch
from torch import Tensor, nn

from emostream.features.arrays import Rows
from emostream_trainer.networks.dusha import EMBEDDING, SUMMARY, Dusha, load_dusha
from emostream_trainer.recipes import Recipe

PICTURE = 224
RANGE_DB = 80.0
LEAST_DEVIATION_DB = 1e-3


def build_published(_recipe: Recipe, n_labels: int, _rows: Rows | None, _pretrained: Path | None) -> nn.Module:
    """The network as published (2024), with the activation of the report's text."""
    return Published(n_labels)


def build_attentive(recipe: Recipe, n_labels: int, rows: Rows | None, _pretrained: Path | None) -> nn.Module:
    """Attentive statistics over time; without rows their mean is 0 and their deviation 1."""
    if rows is None:
        return Attentive(n_labels, torch.zeros(recipe.features.dim), torch.ones(recipe.features.dim))
    mean_db, deviation_db = rows.mean(axis=0), rows.std(axis=0) + LEAST_DEVIATION_DB
    return Attentive(n_labels, torch.from_numpy(mean_db), torch.from_numpy(deviation_db))


def build_staged(_recipe: Recipe, n_labels: int, _rows: Rows | None, pretrained: Path | None) -> nn.Module:
    """A classifier over all stages of the Dusha network; raises ``NoInputError`` for a file that is not it."""
    network = Staged(n_labels)
    if pretrained:
        network.trunk.load_state_dict(load_dusha(pretrained).state_dict())
    return network


class Published(nn.Module):
    """The network as published (2024): a mel spectrogram in dB re its maximum, drawn as a 3 x 224 x 224 picture.

    The report's text says GELU, its listing ReLU. The picture is grey, three times the same: the report drew it with a
    colour map, which adds no information.
    """

    def __init__(self, n_labels: int, activation: type[nn.Module] = nn.GELU) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for channels in (8, 16, 32, 64, 96):
            layers += [nn.Conv2d(before, channels, 3), activation(), nn.MaxPool2d(2)]
            before = channels
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(96 * 5 * 5, n_labels))

    def forward(self, features: Tensor) -> Tensor:
        """Logits (B, K) of windows (B, T, D)."""
        below_maximum = features - features.amax(dim=(1, 2), keepdim=True)
        picture = (below_maximum / RANGE_DB + 1).clamp_min(0).transpose(1, 2).unsqueeze(1)
        picture = nn.functional.interpolate(picture, size=(PICTURE, PICTURE), mode="bilinear")
        logits: Tensor = self.layers(picture.expand(-1, 3, -1, -1))
        return logits


class AttentiveStatistics(nn.Module):
    """Mean and deviation over time, each channel weighing the moments for itself (Okabe et al. 2018)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.score = nn.Sequential(
            nn.Conv1d(channels, channels // 4, 1), nn.Tanh(), nn.Conv1d(channels // 4, channels, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, T) -> (B, 2 C)."""
        weight = torch.softmax(self.score(x), dim=2)
        mean = (weight * x).sum(dim=2)
        variance = (weight * x * x).sum(dim=2) - mean * mean
        return torch.cat([mean, variance.clamp_min(1e-5).sqrt()], dim=1)


class Attentive(nn.Module):
    """Depthwise-separable convolutions that shrink frequency faster than time, then attentive statistics over time.

    ``mean_db`` and ``deviation_db`` are float32 of shape (D,): the training rows' statistics. The window's own mean is
    taken off after them, so that the microphone's gain does not matter.
    """

    mean_db: Tensor
    deviation_db: Tensor

    def __init__(self, n_labels: int, mean_db: Tensor, deviation_db: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean_db", mean_db)
        self.register_buffer("deviation_db", deviation_db)
        self.trunk = nn.Sequential(
            _convolution(1, 16, 5, stride=2),
            _separable(16, 32, (2, 2)),
            _separable(32, 32, (1, 1)),
            _separable(32, 64, (2, 2)),
            _separable(64, 64, (1, 1)),
            _separable(64, 96, (2, 1)),
            _separable(96, 96, (1, 1)),
            _separable(96, 128, (2, 1)),
        )
        bands = -(-len(mean_db) // 32)
        self.merge = nn.Sequential(nn.Conv1d(128 * bands, 160, 1, bias=False), nn.BatchNorm1d(160), nn.ReLU())
        self.pool = AttentiveStatistics(160)
        self.embed = nn.Sequential(
            nn.BatchNorm1d(320), nn.Dropout(0.3), nn.Linear(320, EMBEDDING), nn.ReLU(), nn.Dropout(0.3)
        )
        self.classify = nn.Linear(EMBEDDING, n_labels)

    def embedding(self, features: Tensor) -> Tensor:
        """(B, T, D) -> (B, EMBEDDING)."""
        x = (features - self.mean_db) / self.deviation_db
        x = x - x.mean(dim=(1, 2), keepdim=True)
        if self.training:
            x = masked(masked(masked(x, 2, 16), 2, 16), 1, 20)
        # channels_last is three times quicker on a CPU.
        x = self.trunk(x.transpose(1, 2).unsqueeze(1).contiguous(memory_format=torch.channels_last))
        embedding: Tensor = self.embed(self.pool(self.merge(x.flatten(1, 2))))
        return embedding

    def forward(self, features: Tensor) -> Tensor:
        """Logits (B, K) of windows (B, T, D)."""
        logits: Tensor = self.classify(self.embedding(features))
        return logits


class Staged(nn.Module):
    """The Dusha network, as it is, under a classifier that reads all of its stages.

    It reads the latest ``LATEST`` rows of the window, 1.5 s: half the work, and what an utterance held before is in the
    windows before. The classifier reads the summary relative to what is usual for the speaker. Learning the
    trunk anew was tried: it did worse on speakers that are not in training (models/README.md).
    """

    LATEST = 150

    def __init__(self, n_labels: int) -> None:
        super().__init__()
        self.trunk = Dusha().requires_grad_(False)
        self.standardise = nn.BatchNorm1d(SUMMARY, affine=False)
        self.classify = nn.Linear(SUMMARY, n_labels)

    def train(self, mode: bool = True) -> "Staged":
        """The trunk stays as in use: its batch norms' statistics are not learnt anew either."""
        super().train(mode)
        self.trunk.eval()
        return self

    def summary(self, features: Tensor) -> Tensor:
        """(B, T, 64) in dB -> (B, SUMMARY), standardised."""
        summary: Tensor = self.standardise(self.trunk.summary(features[:, -self.LATEST :]))
        return summary

    def forward(self, features: Tensor, offset: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B, K) and summaries (B, SUMMARY) of windows (B, T, 64) by speakers who differ by ``offset``."""
        summary = self.summary(features)
        return self.classify(summary - offset), summary


def masked(x: Tensor, axis: int, widest: int) -> Tensor:
    """Zero a random stretch of an axis of (B, T, D) in each window (SpecAugment, Park et al. 2019)."""
    size = x.shape[axis]
    width = torch.randint(0, widest, (len(x), 1))
    start = (torch.rand(len(x), 1) * (size - width)).long()
    place = torch.arange(size)[None]
    keep = ~((place >= start) & (place < start + width))
    return x * keep.to(x.dtype).unsqueeze(3 - axis)


def _convolution(
    n_in: int, n_out: int, kernel: int, *, stride: int | tuple[int, int] = 1, groups: int = 1
) -> nn.Module:
    convolution = nn.Conv2d(n_in, n_out, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(n_out), nn.ReLU())


def _separable(n_in: int, n_out: int, stride: tuple[int, int]) -> nn.Module:
    return nn.Sequential(_convolution(n_in, n_in, 3, stride=stride, groups=n_in), _convolution(n_in, n_out, 1))
