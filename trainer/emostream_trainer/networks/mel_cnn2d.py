"""The 2-D network, in torch: log-mel windows (B, T, D) in dB -> logits (B, K)."""

from pathlib import Path

import torch
from torch import Tensor, nn

from emostream.features.arrays import Rows
from emostream_trainer.networks.dusha import EMBEDDING, SUMMARY, Dusha, load_dusha
from emostream_trainer.networks.summarised import OverTrunk, Summarised
from emostream_trainer.recipes import PICTURE_SIDE, Activation, Picture, Recipe

RANGE_DB = 80.0
LEAST_DEVIATION_DB = 1e-3
ACTIVATIONS: dict[Activation, type[nn.Module]] = {"gelu": nn.GELU, "relu": nn.ReLU}


def build_published(recipe: Recipe, n_labels: int, _rows: Rows | None, _pretrained: Path | None) -> nn.Module:
    """The network as published (2024), with the recipe's picture and activation."""
    return Published(n_labels, recipe.activation, recipe.picture)


def build_attentive(recipe: Recipe, n_labels: int, rows: Rows | None, _pretrained: Path | None) -> nn.Module:
    """Attentive statistics over time."""
    return Attentive(n_labels, _Levels(recipe.features.dim, rows))


def build_distilled(recipe: Recipe, n_labels: int, rows: Rows | None, _pretrained: Path | None) -> nn.Module:
    """Levels of the bands and attentive statistics as one summary."""
    return Distilled(n_labels, _Levels(recipe.features.dim, rows))


def build_staged(recipe: Recipe, n_labels: int, _rows: Rows | None, pretrained: Path | None) -> nn.Module:
    """A classifier over all stages of the Dusha network; raises ``NoInputError`` for a file that is not it."""
    network = Staged(n_labels, recipe)
    if pretrained:
        network.trunk.load_state_dict(load_dusha(pretrained).state_dict())
    return network


class Published(nn.Module):
    """The network as published (2024): a mel spectrogram in dB re its maximum, drawn as a 3 x 224 x 224 picture.

    The report's text says GELU, its listing ReLU. ``drawn`` is the picture as the report drew it (``drawn_pictures``),
    ``direct`` the same levels in grey, three times the same, smoothly stretched and with the lowest band on top.
    """

    colours: Tensor

    def __init__(self, n_labels: int, activation: Activation = "gelu", picture: Picture = "direct") -> None:
        super().__init__()
        self._drawn = picture == "drawn"
        if self._drawn:
            self.register_buffer("colours", magma(), persistent=False)
        layers: list[nn.Module] = []
        before = 3
        for channels in (8, 16, 32, 64, 96):
            layers += [nn.Conv2d(before, channels, 3), ACTIVATIONS[activation](), nn.MaxPool2d(2)]
            before = channels
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(96 * 5 * 5, n_labels))

    def forward(self, features: Tensor) -> Tensor:
        """Logits (B, K) of windows (B, T, D)."""
        picture = drawn_pictures(features, self.colours) if self._drawn else direct_pictures(features)
        # channels_last is a third quicker on a CPU.
        logits: Tensor = self.layers(picture.contiguous(memory_format=torch.channels_last))
        return logits


def direct_pictures(features: Tensor) -> Tensor:
    """Windows (B, T, D) in dB as grey pictures (B, 3, 224, 224): 1 is the window's maximum, 0 is 80 dB below."""
    below_maximum = features - features.amax(dim=(1, 2), keepdim=True)
    picture = (below_maximum / RANGE_DB + 1).clamp_min(0).transpose(1, 2).unsqueeze(1)
    return nn.functional.interpolate(picture, size=(PICTURE_SIDE, PICTURE_SIDE), mode="bilinear").expand(-1, 3, -1, -1)


def drawn_pictures(features: Tensor, colours: Tensor) -> Tensor:
    """Windows (B, T, D) in dB as ``librosa.display.specshow`` draws them, (B, 3, 224, 224) in [0, 1].

    Levels of at most 80 dB below the maximum, spread from the lowest to the highest over ``colours`` (256, 3), the
    lowest band at the bottom, each cell a rectangle of one colour. ``data.pictures`` draws the same by librosa and
    matplotlib.
    """
    highest = features.amax(dim=(1, 2), keepdim=True)
    levels = torch.maximum(features, highest - RANGE_DB)
    lowest = levels.amin(dim=(1, 2), keepdim=True)
    share = (levels - lowest) / (highest - lowest).clamp_min(1e-6)
    picture = colours[(share * len(colours)).long().clamp_max(len(colours) - 1)]  # (B, T, D, 3), as matplotlib rounds
    upright = picture.permute(0, 3, 2, 1).flip(2)
    return nn.functional.interpolate(upright, size=(PICTURE_SIDE, PICTURE_SIDE), mode="nearest")


def magma() -> Tensor:
    """Matplotlib's colour map ``magma``, which specshow takes for levels below 0 dB: float32 of shape (256, 3)."""
    from matplotlib import colormaps

    return torch.from_numpy(colormaps["magma"](range(256))[:, :3]).float()


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
    """Depthwise-separable convolutions that shrink frequency faster than time, then attentive statistics over time."""

    def __init__(self, n_labels: int, levels: "_Levels") -> None:
        super().__init__()
        self.levels = levels
        self.moments = _Moments(levels.bands, 160)
        self.pool = AttentiveStatistics(160)
        self.embed = nn.Sequential(
            nn.BatchNorm1d(320), nn.Dropout(0.3), nn.Linear(320, EMBEDDING), nn.ReLU(), nn.Dropout(0.3)
        )
        self.classify = nn.Linear(EMBEDDING, n_labels)

    def embedding(self, features: Tensor) -> Tensor:
        """(B, T, D) -> (B, EMBEDDING)."""
        embedding: Tensor = self.embed(self.pool(self.moments(self.levels(features))))
        return embedding

    def forward(self, features: Tensor) -> Tensor:
        """Logits (B, K) of windows (B, T, D)."""
        logits: Tensor = self.classify(self.embedding(features))
        return logits


class Distilled(Summarised):
    """Mean and deviation of every band over the window, and attentive statistics of convolutions as in ``Attentive``.

    The convolutions learn what a teacher says of the clip.
    """

    CHANNELS = 256

    def __init__(self, n_labels: int, levels: "_Levels") -> None:
        super().__init__(2 * (levels.bands + self.CHANNELS), n_labels)
        self.levels = levels
        self.moments = _Moments(levels.bands, self.CHANNELS)
        self.pool = AttentiveStatistics(self.CHANNELS)

    def statistics(self, features: Tensor) -> Tensor:
        """(B, T, D) in dB -> (B, 2 D + 2 CHANNELS)."""
        x = self.levels(features)
        of_bands = [x.mean(dim=1), x.var(dim=1, correction=0).clamp_min(1e-6).sqrt()]
        return torch.cat([*of_bands, self.pool(self.moments(x))], dim=1)


class _Levels(nn.Module):
    """Windows (B, T, D) in dB less their own mean, standardised by training rows (N, D): gain does not matter.

    Without rows the bands are as loud as each other, and their deviation is 1.
    """

    usual_db: Tensor
    deviation_db: Tensor

    def __init__(self, bands: int, rows: Rows | None) -> None:
        super().__init__()
        self.bands = bands
        mean_db, deviation_db = torch.zeros(bands), torch.ones(bands)
        if rows is not None:
            mean_db, deviation_db = torch.from_numpy(rows.mean(axis=0)), torch.from_numpy(rows.std(axis=0))
        self.register_buffer("usual_db", mean_db - mean_db.mean())
        self.register_buffer("deviation_db", deviation_db + LEAST_DEVIATION_DB)

    def forward(self, features: Tensor) -> Tensor:
        """(B, T, D) -> the same."""
        return (features - features.mean(dim=(1, 2), keepdim=True) - self.usual_db) / self.deviation_db


class _Moments(nn.Module):
    """Standardised levels (B, T, D) -> channels (B, C, T / 4); stretches of both axes are left out in training."""

    def __init__(self, bands: int, channels: int) -> None:
        super().__init__()
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
        merged = 128 * -(-bands // 32)
        self.merge = nn.Sequential(nn.Conv1d(merged, channels, 1, bias=False), nn.BatchNorm1d(channels), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) -> (B, C, moments)."""
        if self.training:
            x = masked(masked(masked(x, 2, 16), 2, 16), 1, 20)
        # channels_last is three times quicker on a CPU.
        x = self.trunk(x.transpose(1, 2).unsqueeze(1).contiguous(memory_format=torch.channels_last))
        merged: Tensor = self.merge(x.flatten(1, 2))
        return merged


class Staged(OverTrunk):
    """The Dusha network, as it is, under a classifier that reads all of its stages.

    It reads the latest ``LATEST`` rows of the window, 1.5 s: half the work, and what an utterance held before is in the
    windows before. Learning the trunk anew was tried: it did worse on speakers that are not in training
    (models/README.md).
    """

    LATEST = 150

    def __init__(self, n_labels: int, recipe: Recipe) -> None:
        super().__init__(Dusha(), SUMMARY, n_labels, recipe)

    def statistics(self, features: Tensor) -> Tensor:
        """(B, T, 64) in dB -> (B, SUMMARY)."""
        assert isinstance(self.trunk, Dusha)
        return self.trunk.summary(features[:, -self.LATEST :])


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
