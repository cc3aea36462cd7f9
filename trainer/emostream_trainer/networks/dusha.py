"""The network that was trained on Dusha (300,000 Russian clips): a teacher, and the trunk of our 2-D network.

SberDevices published it as ``podcasts_finetune.pt`` in the repository salute-developers/golos; what is derived from it
names the source and passes its licence on. The file is never part of this project.
"""

from pathlib import Path

import torch
from torch import Tensor, nn

from emostream.errors import NoInputError

LABELS = ("angry", "sad", "neutral", "happy")
EMBEDDING = 128
RANGE_DB = 80.0
# The last layers of the stages with 32, 64 and 128 channels, where their statistics are taken.
STAGE_ENDS = (3, 9, 15)
SUMMARY = 3 * (32 + 64 + 128) + 2 * EMBEDDING
# (expansion, channels, repeats, first stride), as in MobileNetV2
BLOCKS = ((1, 16, 1, 1), (2, 32, 2, 2), (2, 64, 6, 2), (2, 128, 6, 2))
ATTRIBUTION = (
    "learnt from Dusha's podcasts_finetune.pt by SberDevices (github.com/salute-developers/golos, folder dusha), "
    "whose licence asks for attribution and the same terms"
)


class Dusha(nn.Module):
    """MobileNetV2 blocks over a mel spectrogram, one self-attention over all positions, the mean of them."""

    def __init__(self) -> None:
        super().__init__()
        layers, before = [_convolution(1, 4, 3)], 4
        for expansion, channels, repeats, stride in BLOCKS:
            for repeat in range(repeats):
                layers.append(_Block(before, channels, expansion, stride if repeat == 0 else 1))
                before = channels
        self.features = nn.Sequential(*layers, _convolution(before, EMBEDDING, 1))
        self.pooling = nn.Sequential(_SelfAttention(EMBEDDING))
        self.classifier = nn.Linear(EMBEDDING, len(LABELS))

    def summary(self, features: Tensor) -> Tensor:
        """Statistics of every stage, (B, T, 64) in dB -> (B, SUMMARY).

        What the stages before the last one know of pitch, timbre and rhythm adds to what the last one says.
        """
        x = _picture(features)
        statistics = []
        for i, layer in enumerate(self.features):
            x = layer(x)
            if i in STAGE_ENDS:
                statistics.append(_of_stage(x))
        x = self.pooling(x.flatten(2))
        mean = x.mean(dim=2)
        return torch.cat([*statistics, mean, _deviation(x, mean, 2)], dim=1)

    def forward(self, features: Tensor) -> Tensor:
        """Logits (B, 4) in the order of ``LABELS``, as published."""
        logits: Tensor = self.classifier(self.pooling(self.features(_picture(features)).flatten(2)).mean(dim=2))
        return logits


def load_dusha(path: Path) -> Dusha:
    """The published weights. Raises ``NoInputError`` for a file that is not they."""
    dusha = Dusha()
    try:
        dusha.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except FileNotFoundError as error:
        raise NoInputError(f"{path}: no such file; name the published podcasts_finetune.pt with --teacher") from error
    except Exception as error:  # torch raises whatever the bytes lead it to
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise NoInputError(
            f"{path} is not the published network ({reason}): fetch podcasts_finetune.pt again"
        ) from error
    return dusha.eval()


def _picture(features: Tensor) -> Tensor:
    below_maximum = features - features.amax(dim=(1, 2), keepdim=True)
    return below_maximum.clamp_min(-RANGE_DB).transpose(1, 2).unsqueeze(1)


def _of_stage(x: Tensor) -> Tensor:
    """(B, C, mel, T) -> (B, 3 C): mean and deviation over all positions, deviation over mel of the mean over time."""
    over_time = x.mean(dim=3)
    mean = over_time.mean(dim=2)
    return torch.cat([mean, _deviation(x, mean, (2, 3)), _deviation(over_time, mean, 2)], dim=1)


def _deviation(x: Tensor, mean: Tensor, dim: int | tuple[int, ...]) -> Tensor:
    return ((x * x).mean(dim=dim) - mean * mean).clamp_min(1e-6).sqrt()


class _Block(nn.Module):
    def __init__(self, n_in: int, n_out: int, expansion: int, stride: int) -> None:
        super().__init__()
        wide = n_in * expansion
        expand = [_convolution(n_in, wide, 1)] if expansion > 1 else []
        spread = _convolution(wide, wide, 3, stride=stride, groups=wide)
        self.conv = nn.Sequential(*expand, spread, nn.Conv2d(wide, n_out, 1, bias=False), nn.BatchNorm2d(n_out))
        self.residual = stride == 1 and n_in == n_out

    def forward(self, x: Tensor) -> Tensor:
        convolved: Tensor = self.conv(x)
        return x + convolved if self.residual else convolved


class _SelfAttention(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(1))
        self.query = nn.Conv1d(channels, channels // 8, 1, bias=False)
        self.key = nn.Conv1d(channels, channels // 8, 1, bias=False)
        self.value = nn.Conv1d(channels, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        weight = torch.softmax(self.query(x).transpose(1, 2) @ self.key(x), dim=1)
        attended: Tensor = self.value(x) @ weight
        return x + self.gamma * attended


def _convolution(n_in: int, n_out: int, kernel: int, *, stride: int = 1, groups: int = 1) -> nn.Module:
    convolution = nn.Conv2d(n_in, n_out, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(n_out), nn.ReLU6())
