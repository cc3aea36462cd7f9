"""Why the 2-D network of the report stayed at chance: the same network and clips, one thing changed at a time.

    python -m bench.report_2024.pictures_2d --corpora DIR [--corpora DIR] [--rows TEXT] [--seeds 3] [--device cuda]

Draws each clip as the report did (kept below ``--out``), then trains each row of ``ROWS`` with as many clips and steps
as the report had, and appends a JSON line an epoch to ``docs/report-2024/mel_cnn2d.jsonl``; rows and seeds that are
there already are left out. About 5 minutes a row and seed on one core, half a minute on a GPU.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Literal, get_args

import msgspec
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader

from bench.report_2024 import results
from bench.report_2024.clips import LABELS, Sides, sides
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.data.feature_cache import read_audio
from emostream_trainer.data.pictures import RATE_HZ, Pictures, draw_clip, mel_levels, read_picture
from emostream_trainer.networks.mel_cnn2d import Published, direct_pictures
from emostream_trainer.parallel import parallel_map
from emostream_trainer.recipes import Activation, Picture
from emostream_trainer.training.allocator import keep_freed_memory
from emostream_trainer.training.devices import Device
from emostream_trainer.training.epochs import eval_epoch, fit_epoch

NETWORK = "mel_cnn2d"


@dataclass(frozen=True)
class Row:
    """One way to train the network. ``scale`` is what pictures in [0, 1] are brought to before the network."""

    picture: Picture = "drawn"
    activation: Activation = "gelu"
    scale: Literal["unit", "bytes", "standardised"] = "unit"
    learning_rate: float = 1e-4
    batch_size: int = 128
    epochs: int = 15
    corpus: str | None = None


ROWS = {
    "as the report": Row(),
    "direct": Row(picture="direct"),
    "ReLU": Row(activation="relu"),
    "standardised": Row(scale="standardised"),
    "0 to 255": Row(scale="bytes"),
    "rate 1e-3": Row(learning_rate=1e-3),
    "batches of 16": Row(batch_size=16),
    "direct, rate 1e-3": Row(picture="direct", learning_rate=1e-3),
    "60 epochs": Row(epochs=60),
    "nemo alone": Row(corpus="nemo", epochs=40),
}


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What is written of an epoch. Loss in nats, accuracy and UAR in [0, 1]."""

    row: str
    seed: int
    epoch: int
    steps: int
    training_loss: float
    training_accuracy: float
    validation_loss: float
    validation_accuracy: float
    seconds: float


def main() -> None:
    """Train what is not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, action="append", required=True)
    parser.add_argument("--rows", nargs="*", choices=ROWS, default=list(ROWS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", choices=get_args(Device), default="cpu")
    parser.add_argument("--out", type=Path, default=Path("runs/report-2024"))
    arguments = parser.parse_args()
    keep_freed_memory()
    torch.set_num_threads(arguments.threads)
    for seed in range(arguments.seeds):
        for name in arguments.rows:
            if not results.is_finished(NETWORK, name, seed, ROWS[name].epochs):
                split = sides(arguments.corpora, ROWS[name].corpus)
                train(name, seed, split, arguments.out, arguments.device)


def train(name: str, seed: int, split: Sides, folder: Path, device: Device = "cpu") -> None:
    """Train one row with one seed, and write a line an epoch."""
    results.begin(NETWORK, name, seed)
    row = ROWS[name]
    training = loader(row, split.training, folder, shuffled=True)
    validation = loader(row, split.validation, folder, shuffled=False)
    torch.manual_seed(seed)
    network = scaled(row, training).append(Published(len(LABELS.labels), row.activation).layers)
    network = network.to(device, memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(network.parameters(), row.learning_rate)
    for epoch in range(1, row.epochs + 1):
        began_s = monotonic()
        learnt = fit_epoch(network, training, optimiser)
        judged = eval_epoch(network, validation)
        line = Line(
            row=name,
            seed=seed,
            epoch=epoch,
            steps=epoch * len(training),
            training_loss=round(learnt.loss, 4),
            training_accuracy=round(learnt.accuracy, 4),
            validation_loss=round(judged.loss, 4),
            validation_accuracy=round(judged.accuracy, 4),
            seconds=round(monotonic() - began_s, 1),
        )
        results.append(NETWORK, line)


def loader(row: Row, clips: Sequence[Clip], folder: Path, *, shuffled: bool) -> "DataLoader[tuple[torch.Tensor, int]]":
    """Batches of a side's pictures and labels."""
    if row.picture == "drawn":
        pictures = np.stack(parallel_map(Draw(folder / "drawn"), clips, "drawing"))
    else:
        pictures = np.stack(parallel_map(direct, clips, "mel spectrograms"))
    return DataLoader(Pictures(pictures, LABELS.indices(clips).tolist()), row.batch_size, shuffle=shuffled)


@dataclass(frozen=True)
class Draw:
    """Draws clips into a folder, each once."""

    folder: Path

    def __call__(self, clip: Clip) -> np.ndarray:
        """The picture (3, 224, 224) of a clip."""
        path = self.folder / clip.corpus / f"{clip.path.stem}.png"
        draw_clip(clip.path, path)
        return read_picture(path)


def direct(clip: Clip) -> np.ndarray:
    """The levels of a whole clip as a grey picture (3, 224, 224)."""
    levels = torch.from_numpy(mel_levels(read_audio(clip.path, RATE_HZ)).T[None])
    return (direct_pictures(levels)[0] * 255).round().byte().numpy()


def scaled(row: Row, training: "DataLoader[tuple[torch.Tensor, int]]") -> nn.Sequential:
    """The first layer, which brings pictures in [0, 1] to the row's scale."""
    if row.scale == "unit":
        return nn.Sequential(nn.Identity())
    if row.scale == "bytes":
        return nn.Sequential(Affine(torch.zeros(3), torch.full((3,), 1 / 255)))
    some = torch.stack([picture for picture, _ in (training.dataset[i] for i in range(500))])
    return nn.Sequential(Affine(some.mean(dim=(0, 2, 3)), some.std(dim=(0, 2, 3))))


class Affine(nn.Module):
    """Takes a mean (3,) off each channel and divides by a deviation (3,)."""

    def __init__(self, mean: torch.Tensor, deviation: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean[:, None, None])
        self.register_buffer("deviation", deviation[:, None, None])

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures of the same shape."""
        return (pictures - self.mean) / self.deviation


if __name__ == "__main__":
    main()
