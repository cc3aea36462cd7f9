"""The network that heard Dusha (300,000 Russian clips), as a teacher: its embedding is what our own networks learn to imitate.

It was published by SberDevices as ``podcasts_finetune.pt`` in the repository salute-developers/golos; what is derived from it
names the source and passes its licence on. The file is never part of this project.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track
from torch import Tensor, nn

from streamer.errors import NoInputError
from streamer.features import Feature, FeatureSpec, FeatureStream
from trainer.bank import read_audio
from trainer.corpora.clip import Clip

F32 = NDArray[np.float32]

SPEC = FeatureSpec(features=(Feature.LOG_MEL,), frame_length=320, hop_length=160, n_mels=64)
LABELS = ("angry", "sad", "neutral", "happy")
EMBEDDING = 128
RANGE_DB = 80.0
# (expansion, channels, repeats, first stride), as in MobileNetV2
BLOCKS = ((1, 16, 1, 1), (2, 32, 2, 2), (2, 64, 6, 2), (2, 128, 6, 2))
ATTRIBUTION = (
    "learnt from Dusha's podcasts_finetune.pt by SberDevices (github.com/salute-developers/golos, folder dusha), "
    "whose licence asks for attribution and the same terms"
)


class Teacher(nn.Module):
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

    def embedding(self, features: Tensor) -> Tensor:
        """(B, T, 64) in dB -> (B, 128)."""
        x = features - features.amax(dim=(1, 2), keepdim=True)
        x = self.features(x.clamp_min(-RANGE_DB).transpose(1, 2).unsqueeze(1))
        return self.pooling(x.flatten(2)).mean(dim=2)

    def forward(self, features: Tensor) -> Tensor:
        """Logits (B, 4), in the order of ``LABELS``."""
        return self.classifier(self.embedding(features))


def load_teacher(path: Path) -> Teacher:
    """The published weights. Raises ``NoInputError`` for a file that is not they."""
    teacher = Teacher()
    try:
        teacher.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except FileNotFoundError as error:
        raise NoInputError(f"{path}: no such file; name the published podcasts_finetune.pt with --teacher") from error
    except Exception as error:  # torch raises whatever the bytes lead it to
        reason = str(error).splitlines()[0]
        raise NoInputError(
            f"{path} is not the published network ({reason}): fetch podcasts_finetune.pt again"
        ) from error
    return teacher.eval()


def teach(clips: Sequence[Clip], path: Path, cache: Path) -> F32:
    """The teacher's embeddings of the clips as they are, float32 of shape (clips, 128); kept in ``cache``."""
    kept = cache / "teacher.npz"
    names = np.array([str(clip.path) for clip in clips])
    if kept.exists():
        with np.load(kept) as known:
            if np.array_equal(known["names"], names):
                return known["embeddings"]
    teacher, stream = load_teacher(path), FeatureStream(SPEC)
    embeddings = np.zeros((len(clips), EMBEDDING), np.float32)
    with torch.inference_mode():
        for i, clip in enumerate(track(clips, "the teacher listens")):
            # The published frames are centred: half a frame of silence on either side.
            audio = np.pad(read_audio(clip.path, SPEC.sample_rate_hz), SPEC.frame_length // 2)
            stream.reset()
            embeddings[i] = teacher.embedding(torch.from_numpy(stream.push(audio))[None]).numpy()
    cache.mkdir(parents=True, exist_ok=True)
    np.savez(kept, names=names, embeddings=embeddings)
    return embeddings


class _Block(nn.Module):
    def __init__(self, n_in: int, n_out: int, expansion: int, stride: int) -> None:
        super().__init__()
        wide = n_in * expansion
        expand = [_convolution(n_in, wide, 1)] if expansion > 1 else []
        spread = _convolution(wide, wide, 3, stride=stride, groups=wide)
        self.conv = nn.Sequential(*expand, spread, nn.Conv2d(wide, n_out, 1, bias=False), nn.BatchNorm2d(n_out))
        self.residual = stride == 1 and n_in == n_out

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x) if self.residual else self.conv(x)


class _SelfAttention(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(1))
        self.query = nn.Conv1d(channels, channels // 8, 1, bias=False)
        self.key = nn.Conv1d(channels, channels // 8, 1, bias=False)
        self.value = nn.Conv1d(channels, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        weight = torch.softmax(self.query(x).transpose(1, 2) @ self.key(x), dim=1)
        return x + self.gamma * (self.value(x) @ weight)


def _convolution(n_in: int, n_out: int, kernel: int, *, stride: int = 1, groups: int = 1) -> nn.Module:
    convolution = nn.Conv2d(n_in, n_out, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(n_out), nn.ReLU6())
