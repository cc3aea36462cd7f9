"""Pictures are looked at as pixels: they are there, and hold what they should."""

from pathlib import Path

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.image import imread

from emostream_trainer.evaluation.plots import (
    ACCENT,
    PALETTE,
    abstention_picture,
    confusion_picture,
    delay_picture,
    falls_picture,
    noise_picture,
    reliability_picture,
    risk_coverage_picture,
    uar_picture,
)
from emostream_trainer.evaluation.selective import Point
from emostream_trainer.metrics import equal_width_bins, risk_coverage


def _share(picture: np.ndarray, colour: str) -> float:
    return float((np.abs(picture[:, :, :3] - to_rgb(colour)).max(axis=2) < 0.02).mean())


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


def _has_two_series(path: Path) -> bool:
    assert path.with_suffix(".svg").read_text().startswith("<?xml")
    return all(_share(imread(path), colour) > 0.0005 for colour in PALETTE[:2])


def test_rows_are_told_apart_and_the_last_has_the_accent(tmp_path: Path) -> None:
    rows = {name: {"one": (0.5, 0.4, 0.6), "mean": (0.6, 0.61, 0.7)} for name in ("a", "b")}
    uar_picture(tmp_path / "two.png", rows, 0.25)
    assert _has_two_series(tmp_path / "two.png")
    uar_picture(tmp_path / "one.png", {"b": rows["b"]}, 0.25)
    assert _share(imread(tmp_path / "one.png"), ACCENT) > 0.0005


def test_curves_draw_every_series(tmp_path: Path) -> None:
    confidence, right = np.linspace(0.3, 0.9, 30), np.arange(30) % 3 > 0
    bins, path = equal_width_bins(confidence, right), tmp_path / "p.png"
    reliability_picture(path, {"before": bins, "after": equal_width_bins(confidence**2, right)}, "title")
    assert _has_two_series(path)
    risk_coverage_picture(path, {"a": risk_coverage(confidence, right), "b": risk_coverage(-confidence, right)}, "t")
    assert _has_two_series(path)
    points = [Point(0.4, 0.6, 0.9), Point(0.5, 0.7, 0.5)]
    abstention_picture(path, {"live": points, "utterances": [Point(0.4, 0.5, 1.0), Point(0.5, 0.9, 0.7)]}, "title")
    assert _has_two_series(path)
    scores = [(0.7, 0.6, 0.8), (0.5, 0.4, 0.6)]
    noise_picture(path, ("clean", "0 dB"), {"babble": scores, "cafe": scores[::-1]}, 0.25)
    assert _has_two_series(path)
    falls_picture(path, {"telephone": (0.1, 0.05, 0.2), "a room": (-0.01, -0.05, 0.02)}, {"telephone": 0.04})
    assert _has_two_series(path)


def test_delays_that_never_end_are_no_error(tmp_path: Path) -> None:
    path = tmp_path / "delays.png"
    delay_picture(path, {"a": np.array([0.4, 1.0, np.inf]), "b": np.array([0.5, 2.0, 2.5])}, "title")
    assert _has_two_series(path)
    delay_picture(path, {"a": np.array([np.inf]), "b": np.zeros(0)}, "title")
    assert imread(path).size


def test_a_long_title_takes_lines_in_place_of_being_cut(tmp_path: Path) -> None:
    curves = {"a": risk_coverage(np.linspace(0.3, 0.9, 30), np.arange(30) % 3 > 0)}
    for name, title in (("short", "t"), ("long", "mel_cnn2d-staged + mfcc_cnn1d-distilled " * 6)):
        risk_coverage_picture(tmp_path / f"{name}.png", curves, title)
    short, long = (imread(tmp_path / f"{name}.png")[:, :, :3].min(axis=2) for name in ("short", "long"))
    margin = 3
    for picture in (short, long):
        assert picture[:, :margin].min() == picture[:, -margin:].min() == 1, "nothing touches the sides"
