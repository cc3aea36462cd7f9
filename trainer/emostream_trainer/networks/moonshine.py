"""The speech encoder of Moonshine tiny, in torch: its convolutions and first layers as the trunk of a network of ours.

Useful Sensors trained it to write down English speech (Jeffries et al. 2024) and published it under the MIT licence.
``models/moonshine_tiny.npz`` has the weights that are used here; ``models/make_moonshine_tiny.py`` makes it.
"""

import math
from pathlib import Path

import torch
from torch import Tensor, nn

from emostream import assets
from emostream.features.arrays import Rows
from emostream_trainer.networks.published_weights import load_published
from emostream_trainer.networks.summarised import OverTrunk, mean_and_deviation
from emostream_trainer.recipes import Recipe

WEIGHTS = assets.MODELS / "moonshine_tiny.npz"
LAYERS = 2
WIDTH, HEADS, ROTATED, FEED_FORWARD = 288, 8, 32, 1152
SUMMARY = 2 * WIDTH * LAYERS
ATTRIBUTION = "built on the encoder of Moonshine tiny by Useful Sensors (github.com/moonshine-ai/moonshine, MIT)"


def build_staged(_recipe: Recipe, n_labels: int, _rows: Rows | None, _pretrained: Path | None) -> nn.Module:
    """A classifier over the encoder's first stages; raises ``NoInputError`` where its weights are not there."""
    return Staged(n_labels)


class Staged(OverTrunk):
    """The encoder, as it is, under a classifier that reads mean and deviation of its last stages.

    It reads the latest ``LATEST_SAMPLES`` of the window.
    """

    LATEST_SAMPLES = 24_000

    def __init__(self, n_labels: int) -> None:
        super().__init__(load_moonshine(), SUMMARY, n_labels)

    def statistics(self, features: Tensor) -> Tensor:
        """Windows (B, T, D) of samples -> (B, SUMMARY)."""
        assert isinstance(self.trunk, Moonshine)
        return self.trunk.summary(features.flatten(1)[:, -self.LATEST_SAMPLES :])


class Moonshine(nn.Module):
    """16 kHz samples (B, N) -> the stages behind each of ``LAYERS`` layers, each (B, T, 288): a row is 24 ms.

    A row needs 895 samples.
    """

    LEVEL = 0.05
    QUIETEST = 1e-4

    frequencies: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(1, WIDTH, 127, 64, bias=False)
        self.norm = nn.GroupNorm(1, WIDTH)
        self.conv2, self.conv3 = nn.Conv1d(WIDTH, 2 * WIDTH, 7, 3), nn.Conv1d(2 * WIDTH, WIDTH, 3, 2)
        self.layers = nn.ModuleList(_Layer() for _ in range(LAYERS))
        self.register_buffer("frequencies", torch.zeros(ROTATED // 2))

    def summary(self, samples: Tensor) -> Tensor:
        """Mean and deviation over time of the stages, samples (B, N) -> (B, SUMMARY).

        The samples are brought to one level: how loud a voice is says more of the microphone than of the mood.
        """
        level = samples.square().mean(dim=1, keepdim=True).sqrt()
        return mean_and_deviation(self(samples * (self.LEVEL / level.clamp_min(self.QUIETEST))))

    def forward(self, samples: Tensor) -> list[Tensor]:
        """The stages, in order."""
        x = self.norm(torch.tanh(self.conv1(samples.unsqueeze(1))))
        x = nn.functional.gelu(self.conv3(nn.functional.gelu(self.conv2(x)))).transpose(1, 2)
        angle = torch.arange(x.shape[1], device=x.device).unsqueeze(1) * self.frequencies
        stages = []
        for layer in self.layers:
            x = layer(x, angle.cos(), angle.sin())
            stages.append(x)
        return stages


class _Layer(nn.Module):
    """Self-attention with rotary positions (Su et al. 2021), then a feed-forward network, each behind a norm."""

    def __init__(self) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(WIDTH, bias=False)
        self.q, self.k, self.v, self.o = (nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(4))
        self.feed_norm = nn.LayerNorm(WIDTH, bias=False)
        self.fc1, self.fc2 = nn.Linear(WIDTH, FEED_FORWARD), nn.Linear(FEED_FORWARD, WIDTH)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """(B, T, 288) -> the same; ``cos`` and ``sin`` (T, 16) are of each row's angles."""
        normed = self.attention_norm(x)
        q, k, v = (_heads(project(normed)) for project in (self.q, self.k, self.v))
        q, k = _rotated(q, cos, sin), _rotated(k, cos, sin)
        weight = torch.softmax(q @ k.transpose(2, 3) / math.sqrt(WIDTH / HEADS), dim=-1)
        x = x + self.o((weight @ v).transpose(1, 2).flatten(2))
        fed: Tensor = self.fc2(nn.functional.gelu(self.fc1(self.feed_norm(x))))
        return x + fed


def load_moonshine(path: Path = WEIGHTS) -> Moonshine:
    """The published weights. Raises ``NoInputError`` for a file that is not they."""
    moonshine = Moonshine()
    load_published(moonshine, path, "Moonshine's encoder")
    return moonshine.eval()


def _heads(x: Tensor) -> Tensor:
    """(B, T, 288) -> (B, heads, T, 36)."""
    batch, rows, _ = x.shape
    return x.reshape(batch, rows, HEADS, WIDTH // HEADS).transpose(1, 2)


def _rotated(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Neighbouring pairs of the first ``ROTATED`` numbers are turned by their angles."""
    first, second = x[..., 0:ROTATED:2], x[..., 1:ROTATED:2]
    turned = torch.stack([first * cos - second * sin, second * cos + first * sin], dim=-1).flatten(-2)
    return torch.cat([turned, x[..., ROTATED:]], dim=-1)
