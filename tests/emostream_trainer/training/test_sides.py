"""What is said of a side after an epoch: one window a clip, its middle."""

import numpy as np
import pytest

from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import FOUR
from emostream_trainer.data.feature_cache import FeatureCache
from emostream_trainer.recipes import Recipe
from emostream_trainer.runs import SideFigures
from emostream_trainer.training import sides
from emostream_trainer.training.sides import Sides
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


def _judge(clips: list[Clip], cache: FeatureCache, recipe: Recipe = RECIPE) -> Sides:
    number = {clip.path: place for place, clip in enumerate(clips)}
    return Sides(recipe, cache, FOUR, number, training=clips, validation=())


def _figures(named: list[int], length: int = 200) -> tuple[SideFigures | None, Names]:
    rows = np.repeat(np.array(named, np.float32), length)[:, None] * np.ones(RECIPE.features.dim)
    network = Names()
    training, validation = _judge(made_up_clips(EMOTIONS), cache_of(rows, np.full((len(named), 1), length)))(network)
    assert validation is None, "nobody is held out"
    return training, network


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
    judge = _judge(made_up_clips(["other"]), cache_of(np.zeros((1, 128)), np.ones((1, 1), int)))
    assert judge(Names()) == (None, None)


class Knows:
    """A network without a classifier yet, whose summary holds the label among noise, and the speaker."""

    def run(self, windows: np.ndarray, offset: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Logits that say nothing, and summaries (B, 6)."""
        noise = np.random.default_rng(len(windows)).normal(0, 0.3, (len(windows), 2))
        summaries = np.column_stack([np.eye(4)[windows[:, 0, 0].astype(int)], noise]).astype(np.float32)
        return np.zeros((len(windows), 4), np.float32), summaries


def test_a_network_without_its_classifier_gets_one_for_the_judging() -> None:
    recipe = tiny_recipe("mfcc_cnn1d/distilled", views=1, teacher="whisper")
    told = np.arange(40) % 4
    rows = np.repeat(told.astype(np.float32), 20)[:, None] * np.ones(recipe.features.dim)
    clips = made_up_clips([FOUR.labels[label] for label in told[:20]])
    strangers = made_up_clips([FOUR.labels[label] for label in told[20:]], corpus="strangers")
    number = {clip.path: place for place, clip in enumerate([*clips, *strangers])}
    cache = cache_of(rows, np.full((40, 1), 20))
    training, validation = Sides(recipe, cache, FOUR, number, clips, strangers)(Knows(), classified=False)
    assert training is not None
    assert validation is not None
    assert training.uar == validation.uar == 1.0
    assert validation.loss < 0.5
