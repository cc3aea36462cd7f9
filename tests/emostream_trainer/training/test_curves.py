"""The picture of a training run, looked at as pixels."""

from pathlib import Path

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.image import imread

from emostream_trainer.runs import EpochRecord, SideFigures
from emostream_trainer.training.curves import learning_curves

FIRST_LINE = "#1f77b4"


def _share(picture: np.ndarray, colour: str) -> float:
    return float((np.abs(picture[:, :, :3] - to_rgb(colour)).max(axis=2) < 0.02).mean())


def _records(*losses: float, sides: bool = False) -> list[EpochRecord]:
    figures = SideFigures(loss=1.0, accuracy=0.5, uar=0.5) if sides else None
    return [EpochRecord(objective=loss, training=figures, validation=figures) for loss in losses]


def test_learning_curves_draw_every_part(tmp_path: Path) -> None:
    histories = {"fold0": _records(1.0, 0.5, 0.4), "all": _records(0.9, 0.6, 0.5)}
    learning_curves(tmp_path / "curves", histories, "mel_cnn2d/published")
    picture = imread(tmp_path / "curves.png")
    assert picture.shape[:2] == (540, 900)
    assert _share(picture, FIRST_LINE) > 0.0005
    assert _share(picture, "#ff7f0e") > 0.0005
    assert "<svg" in (tmp_path / "curves.svg").read_text()


def test_both_sides_are_drawn_where_they_are_known(tmp_path: Path) -> None:
    learning_curves(tmp_path / "sides", {"fold0": _records(1.0, 0.5, 0.4, sides=True)}, "mel_cnn2d/published")
    picture = imread(tmp_path / "sides.png")
    assert picture.shape[0] > 1_200
    for strip in np.array_split(picture, 4):
        assert _share(strip, FIRST_LINE) > 0.0005


def test_a_training_of_one_epoch_is_seen(tmp_path: Path) -> None:
    learning_curves(tmp_path / "none", {"all": []}, "mel_cnn2d/published")
    learning_curves(tmp_path / "one", {"all": _records(0.9)}, "mel_cnn2d/published")
    in_the_legend = _share(imread(tmp_path / "none.png"), FIRST_LINE)
    assert _share(imread(tmp_path / "one.png"), FIRST_LINE) > 1.05 * in_the_legend
