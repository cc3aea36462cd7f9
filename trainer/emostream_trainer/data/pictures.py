"""Mel spectrograms drawn as pictures, as the report of 2024 had them: librosa and matplotlib, a PNG a clip.

These are of whole clips, with centred frames at librosa's own rate, so no stream can have them. What a network draws
of a window by itself is ``networks.mel_cnn2d.drawn_pictures``.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from emostream.audio import Samples
from emostream.errors import NoInputError
from emostream_trainer.data.feature_cache import read_audio
from emostream_trainer.recipes import PICTURE_SIDE

U8 = NDArray[np.uint8]

RATE_HZ = 22_050  # librosa.load's default
FRAME_LENGTH, HOP_LENGTH, BANDS = 2048, 1024, 128
FIGURE_INCHES, DPI = (10, 6), 100
TOP_HZ = 8000


def mel_levels(samples: Samples) -> NDArray[np.float32]:
    """Mel spectrogram (128, frames) in dB below the clip's maximum, at least -80, of mono samples at ``RATE_HZ``."""
    import librosa

    power = librosa.feature.melspectrogram(
        y=samples, sr=RATE_HZ, n_mels=BANDS, n_fft=FRAME_LENGTH, hop_length=HOP_LENGTH
    )
    return np.asarray(librosa.power_to_db(power, ref=np.max), np.float32)


def draw_picture(levels: NDArray[np.float32], path: Path) -> None:
    """Write levels (128, frames) in dB as the report's PNG: specshow without axes' padding, magma, low bands below."""
    import librosa.display
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=FIGURE_INCHES)
    axes = figure.add_subplot()
    librosa.display.specshow(levels, sr=RATE_HZ, hop_length=HOP_LENGTH, fmax=TOP_HZ, ax=axes)
    FigureCanvasAgg(figure).print_figure(path, format="png", dpi=DPI, bbox_inches="tight", pad_inches=0)


def draw_clip(audio: Path, path: Path) -> None:
    """Draw a sound file, unless it is drawn: an interrupted run goes on. Raises ``NoInputError``."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draw_picture(mel_levels(read_audio(audio, RATE_HZ)), draft)
    draft.replace(path)


def read_picture(path: Path) -> U8:
    """A picture as the network takes it: RGB, brought to 224 x 224, uint8 of shape (3, 224, 224).

    Raises ``NoInputError`` for a file that is no picture.
    """
    try:
        with Image.open(path) as picture:
            small = picture.convert("RGB").resize((PICTURE_SIDE, PICTURE_SIDE), Image.Resampling.BILINEAR)
    except OSError as error:
        raise NoInputError(f"{path}: {error}; expected a PNG: draw it with 'emostream pictures'") from error
    return np.asarray(small, np.uint8).transpose(2, 0, 1)


class Pictures(Dataset[tuple[Tensor, int]]):
    """Pictures (N, 3, 224, 224) of 0 to 255 and their labels; an item is a picture in [0, 1] and its label's place."""

    def __init__(self, pictures: U8, labels: Sequence[int]) -> None:
        if len(pictures) != len(labels):
            raise ValueError(f"found {len(pictures)} pictures and {len(labels)} labels, expected as many")
        self._pictures = torch.from_numpy(pictures)
        self._labels = list(labels)

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, number: int) -> tuple[Tensor, int]:
        return self._pictures[number].float() / 255, self._labels[number]
