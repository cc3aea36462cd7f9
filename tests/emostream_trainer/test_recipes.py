"""What the report of 2024 trained with, to the number, and what of a recipe cannot be asked for."""

import msgspec
import pytest

from emostream.errors import UsageError
from emostream.features import Feature, FeatureSpec
from emostream_trainer.recipes import RECIPES, recipe_named


def test_the_published_1d_network_is_trained_as_the_report_says() -> None:
    recipe = RECIPES["mfcc_cnn1d/published"]
    assert (recipe.epochs, recipe.batch_size, recipe.learning_rate) == (30, 128, 1e-4)
    assert recipe.features == FeatureSpec(
        features=(Feature.MFCC, Feature.CENTROID, Feature.CONTRAST_LOWEST), n_mfcc=50, frame_length=2048, hop_length=512
    )
    assert recipe.features.dim == 52
    second_reading = RECIPES["mfcc_cnn1d/published-20"]
    assert second_reading.features == msgspec.structs.replace(recipe.features, n_mfcc=20)
    assert second_reading.features.dim == 22
    assert msgspec.structs.replace(second_reading, variant="published", features=recipe.features) == recipe


def test_the_published_2d_network_is_trained_as_the_report_says() -> None:
    recipe = RECIPES["mel_cnn2d/published"]
    assert (recipe.epochs, recipe.batch_size, recipe.learning_rate) == (15, 128, 1e-4)
    assert recipe.features == FeatureSpec(
        features=(Feature.LOG_MEL,), n_mels=128, frame_length=2048, hop_length=1024, f_max_hz=8_000
    )


@pytest.mark.parametrize("name", ["mfcc_cnn1d/published", "mfcc_cnn1d/published-20", "mel_cnn2d/published"])
def test_nothing_else_of_ours_is_in_them(name: str) -> None:
    recipe = RECIPES[name]
    assert (recipe.views, recipe.clean_share, recipe.balance, recipe.clips_per_epoch) == (1, 1.0, 0.0, None)
    assert (recipe.label_smoothing, recipe.weight_decay, recipe.teacher) == (0.0, 0.0, None)
    flags = (recipe.warm_up, recipe.random_crops, recipe.relative, recipe.soft_targets)
    assert not any(flags)


def test_an_unknown_recipe_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"found recipe 'mel_cnn2d/seed', expected one of .*mel_cnn2d/published"):
        recipe_named("mel_cnn2d/seed")
