"""Pictures are looked at as pixels: they are there, and hold what they should."""

from pathlib import Path

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.image import imread

from trainer.plots import confusion_picture, learning_curves

FIRST_LINE = "#1f77b4"


def _share(picture: np.ndarray, colour: str) -> float:
    return float((np.abs(picture[:, :, :3] - to_rgb(colour)).max(axis=2) < 0.02).mean())


def test_learning_curves_draw_every_part(tmp_path: Path) -> None:
    learning_curves(tmp_path / "curves.png", {"fold0": [1.0, 0.5, 0.4], "all": [0.9, 0.6, 0.5]}, "mel_cnn2d/seed")
    picture = imread(tmp_path / "curves.png")
    assert picture.shape[:2] == (540, 900)
    assert _share(picture, FIRST_LINE) > 0.0005
    assert _share(picture, "#ff7f0e") > 0.0005


def test_a_training_of_one_epoch_is_seen(tmp_path: Path) -> None:
    learning_curves(tmp_path / "none.png", {"all": []}, "mel_cnn2d/seed")
    learning_curves(tmp_path / "one.png", {"all": [0.9]}, "mel_cnn2d/seed")
    in_the_legend = _share(imread(tmp_path / "none.png"), FIRST_LINE)
    assert _share(imread(tmp_path / "one.png"), FIRST_LINE) > 1.05 * in_the_legend


def test_confusion_is_darkest_where_all_are_named_so(tmp_path: Path) -> None:
    confusion_picture(tmp_path / "c.png", np.array([[10, 0, 0], [0, 10, 0]]), ("angry", "sad"), "name")
    picture = imread(tmp_path / "c.png")
    assert _share(picture, "#08306b") > 0.1  # the dark end of the colours
    assert _share(picture, "#f7fbff") > 0.1  # the light end


def test_no_verdict_has_a_column_only_where_there_is_one(tmp_path: Path) -> None:
    counts = np.array([[8, 2, 0], [1, 9, 0]])
    confusion_picture(tmp_path / "without.png", counts, ("angry", "sad"), "name")
    confusion_picture(tmp_path / "with.png", np.add(counts, [[0, 0, 1], [0, 0, 0]]), ("angry", "sad"), "name")
    assert imread(tmp_path / "with.png").shape[1] > imread(tmp_path / "without.png").shape[1]
