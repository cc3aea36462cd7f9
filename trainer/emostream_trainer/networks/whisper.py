"""The speech encoder of Whisper base, in torch: its convolutions and first blocks as the trunk of a network of ours.

OpenAI trained it to write down and translate speech of 97 languages (Radford et al. 2022) and published it under the
MIT licence. ``models/whisper_base.npz`` has the weights that are used here; ``models/make_whisper_base.py`` makes it.
"""

import math
from pathlib import Path

import torch
from torch import Tensor, nn

from emostream import assets
from emostream.features.arrays import Rows
from emostream_trainer.networks.integer_linear import IntegerLinear
from emostream_trainer.networks.published_weights import load_published
from emostream_trainer.networks.summarised import OverTrunk, mean_and_deviation
from emostream_trainer.recipes import Recipe

WEIGHTS = assets.MODELS / "whisper_base.npz"
BANDS, WIDTH, HEADS, FEED_FORWARD = 80, 512, 8, 2048
# Statistics are taken behind the attention of the second and of the third block: what the first block says of emotion
# they say better, and the third one's feed-forward network adds nothing (models/README.md).
BLOCKS, STAGES = 3, (1, 2)
SUMMARY = 2 * WIDTH * len(STAGES)
ATTRIBUTION = "built on the encoder of Whisper base by OpenAI (github.com/openai/whisper, MIT)"


def build_staged(recipe: Recipe, n_labels: int, _rows: Rows | None, _pretrained: Path | None) -> nn.Module:
    """A classifier over the encoder's first stages; raises ``NoInputError`` where its weights are not there."""
    return Staged(n_labels, recipe)


class Staged(OverTrunk):
    """The encoder, as it is, under a classifier that reads mean and deviation of its stages.

    It reads the latest ``LATEST`` rows of the window, 1.5 s.
    """

    LATEST = 150

    def __init__(self, n_labels: int, recipe: Recipe) -> None:
        super().__init__(load_whisper(), SUMMARY, n_labels, recipe)

    def statistics(self, features: Tensor) -> Tensor:
        """Windows (B, T, 80) in dB -> (B, SUMMARY)."""
        assert isinstance(self.trunk, Whisper)
        return self.trunk.summary(features[:, -self.LATEST :])


class Whisper(nn.Module):
    """Levels of 80 mel bands (B, T, 80) in dB, a row each 10 ms -> the stages at ``STAGES``, (B, T / 2, 512).

    The network was taught on log10 of power, at most 8 below the clip's maximum, plus 4, divided by 4.
    """

    # The loudest point of every window is brought to this level: how loud a voice is says more of the microphone.
    LOUDEST = 1.0
    RANGE = 8.0

    timescales: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv1d(BANDS, WIDTH, 3, padding=1), nn.Conv1d(WIDTH, WIDTH, 3, 2, padding=1)
        self.attentions = nn.ModuleList(_Attention() for _ in range(BLOCKS))
        self.feeds = nn.ModuleList(_FeedForward() for _ in range(BLOCKS - 1))
        steps = torch.arange(WIDTH // 2) * (-math.log(10_000) / (WIDTH // 2 - 1))
        self.register_buffer("timescales", steps.exp(), persistent=False)

    def summary(self, levels_db: Tensor) -> Tensor:
        """Mean and deviation over time of the stages, (B, T, 80) -> (B, SUMMARY)."""
        return mean_and_deviation(self(levels_db))

    def forward(self, levels_db: Tensor) -> list[Tensor]:
        """The stages, in order."""
        log10 = levels_db / 10
        x = (log10 - log10.amax(dim=(1, 2), keepdim=True)).clamp_min(-self.RANGE) + self.LOUDEST
        x = nn.functional.gelu(self.conv1(((x + 4) / 4).transpose(1, 2)))
        x = nn.functional.gelu(self.conv2(x)).transpose(1, 2)
        angle = torch.arange(x.shape[1], device=x.device).unsqueeze(1) * self.timescales
        x = x + torch.cat([angle.sin(), angle.cos()], dim=1)
        heard = []
        for attention, feed in zip(self.attentions, [*self.feeds, None], strict=True):
            x = attention(x)
            heard.append(x)
            if feed:
                x = feed(x)
        return [heard[block] for block in STAGES]


class _Attention(nn.Module):
    """Self-attention behind a norm, added to what it reads (Vaswani et al. 2017, Xiong et al. 2020)."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(WIDTH)
        self.qkv, self.out = IntegerLinear(WIDTH, 3 * WIDTH), IntegerLinear(WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, 512) -> the same."""
        batch, rows, _ = x.shape
        q, k, v = self.qkv(self.norm(x)).chunk(3, dim=-1)
        q, k, v = (part.reshape(batch, rows, HEADS, WIDTH // HEADS).transpose(1, 2) for part in (q, k, v))
        weight = torch.softmax(q @ k.transpose(2, 3) / math.sqrt(WIDTH / HEADS), dim=-1)
        heard: Tensor = self.out((weight @ v).transpose(1, 2).flatten(2))
        return x + heard


class _FeedForward(nn.Module):
    """Two layers behind a norm, added to what they read."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(WIDTH)
        self.fc1, self.fc2 = IntegerLinear(WIDTH, FEED_FORWARD), IntegerLinear(FEED_FORWARD, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, 512) -> the same."""
        fed: Tensor = self.fc2(nn.functional.gelu(self.fc1(self.norm(x))))
        return x + fed


def load_whisper(path: Path = WEIGHTS) -> Whisper:
    """The published weights. Raises ``NoInputError`` for a file that is not they."""
    whisper = Whisper()
    load_published(whisper, path, "Whisper's encoder")
    return whisper.eval()
