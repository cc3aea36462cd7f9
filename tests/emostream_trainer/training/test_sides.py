"""What is said of a side after an epoch: one window a clip, its middle."""

import numpy as np
import pytest

from emostream_trainer.corpora.labels import FOUR
from emostream_trainer.training import sides
from emostream_trainer.training.sides import side_figures
from tests.support.tiny_training import cache_of, made_up_clips, tiny_recipe

RECIPE = tiny_recipe("mel_cnn2d/published", views=1)
EMOTIONS = ["angry", "angry", "angry", "sad", "other"]


class Names:
    """A network that reads the label off a window's first number, and counts what it is given."""

    def __init__(self) -> None:
        self.windows: list[np.ndarray] = []

    def run(self, windows: np.ndarray, offset: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Logits of 2 for the label and 0 for the others."""
        self.windows += list(windows)
        return 2 * np.eye(4, dtype=np.float32)[windows[:, 0, 0].astype(int)], np.zeros((len(windows), 0), np.float32)


def _figures(named: list[int], length: int = 200) -> tuple[sides.SideFigures | None, Names]:
    rows = np.repeat(np.array(named, np.float32), length)[:, None] * np.ones(RECIPE.features.dim)
    network = Names()
    figures = side_figures(
        network,
        recipe=RECIPE,
        cache=cache_of(rows, np.full((len(named), 1), length)),
        clips=made_up_clips(EMOTIONS),
        numbers=range(len(named)),
        labels=FOUR,
    )
    return figures, network


def test_loss_accuracy_and_uar_are_of_the_clips_with_a_label() -> None:
    figures, network = _figures([0, 0, 1, 3, 2])  # the third is wrong, the last has none of the labels
    assert figures is not None
    assert figures.accuracy == 3 / 4
    assert figures.uar == pytest.approx((2 / 3 + 1) / 2)
    right, wrong = np.log(np.exp(2) + 3) - 2, np.log(np.exp(2) + 3)
    assert figures.loss == pytest.approx((3 * right + wrong) / 4, rel=1e-5)
    assert [len(window) for window in network.windows] == [RECIPE.grid().rows] * 4


def test_a_short_clip_goes_round() -> None:
    figures, network = _figures([0, 0, 1, 3, 2], length=3)
    assert figures is not None
    assert figures.accuracy == 3 / 4
    assert {window.shape for window in network.windows} == {(RECIPE.grid().rows, RECIPE.features.dim)}


def test_of_many_clips_some_stand_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sides, "MOST_CLIPS", 2)
    _, network = _figures([0, 0, 1, 3, 2])
    assert len(network.windows) == 2


def test_a_side_without_labels_has_no_figures() -> None:
    empty = side_figures(
        Names(),
        recipe=RECIPE,
        cache=cache_of(np.zeros((1, 128)), np.ones((1, 1), int)),
        clips=(),
        numbers=(),
        labels=FOUR,
    )
    assert empty is None
