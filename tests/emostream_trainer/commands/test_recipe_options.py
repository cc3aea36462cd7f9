"""What of a recipe can be changed on the command line, and what is refused."""

import argparse
from pathlib import Path

import msgspec
import pytest

from emostream.errors import NoInputError, UsageError
from emostream_trainer.commands.recipe_options import add_recipe, recipe_of
from emostream_trainer.corpora.presets import CREMA_D, DUSHA
from emostream_trainer.recipes import RECIPES, Recipe


def _recipe(*options: str) -> Recipe:
    parser = argparse.ArgumentParser()
    add_recipe(parser)
    return recipe_of(parser.parse_args(options))


def test_without_options_it_is_the_recipe() -> None:
    assert all(_recipe(name) == recipe for name, recipe in RECIPES.items())


def test_named_options_are_fields() -> None:
    options = ("--epochs", "3", "--batch-size", "16", "--learning-rate", "0.01", "--seed", "7")
    changed = _recipe("mel_cnn2d/published", *options, "--picture", "drawn", "--activation", "relu")
    assert changed == msgspec.structs.replace(
        RECIPES["mel_cnn2d/published"],
        epochs=3,
        batch_size=16,
        learning_rate=0.01,
        seed=7,
        picture="drawn",
        activation="relu",
    )


def test_any_field_is_set_by_its_name() -> None:
    changed = _recipe(
        "mfcc_cnn1d/attentive", "--set", "window_ms=2000", "--set", "features.n_mfcc=40", "--set", "warm_up=false"
    )
    assert (changed.window_ms, changed.features.n_mfcc, changed.warm_up) == (2000, 40, False)
    assert _recipe("mel_cnn2d/published", "--set", "picture=drawn").picture == "drawn"


def test_a_recipe_lies_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('base = "mfcc_cnn1d/attentive"\nepochs = 4\n[features]\nn_mfcc = 30\n')
    changed = _recipe(str(path), "--seed", "2")
    assert (changed.name, changed.epochs, changed.features.n_mfcc, changed.seed) == ("mfcc_cnn1d/attentive", 4, 30, 2)


def test_a_preset_brings_the_report_s_epochs_to_its_networks_alone() -> None:
    parser = argparse.ArgumentParser()
    add_recipe(parser)
    published = parser.parse_args(["mfcc_cnn1d/published"])
    assert recipe_of(published, CREMA_D).epochs == 30
    assert recipe_of(published, DUSHA).epochs == 100
    assert recipe_of(parser.parse_args(["mel_cnn2d/published"]), DUSHA).epochs == 15
    assert recipe_of(parser.parse_args(["mfcc_cnn1d/published", "--epochs", "2"]), DUSHA).epochs == 2
    assert recipe_of(parser.parse_args(["mfcc_cnn1d/attentive"]), DUSHA) == RECIPES["mfcc_cnn1d/attentive"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--epochs", "0"), "epochs"),
        (("--epochs", "-1"), "epochs"),
        (("--batch-size", "0"), "batch_size"),
        (("--learning-rate", "-1"), "learning_rate"),
        (("--learning-rate", "nan"), "learning_rate"),
        (("--set", "windows=3"), "found the field 'windows', expected one of"),
        (("--set", "window_ms"), "expected FIELD=VALUE"),
        (("--set", "window_ms=long"), "window_ms"),
        (("--set", "clean_share=1.5"), "clean_share"),
        (("--set", "features.n_mfcc=900"), "n_mfcc must be 1 to n_mels"),
        (("--picture", "drawn"), "--picture is for mel_cnn2d/published alone: found mfcc_cnn1d/attentive"),
    ],
)
def test_what_cannot_be_is_refused(options: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        _recipe("mfcc_cnn1d/attentive", *options)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("epochs = 4", "found no base"),
        ("base =", "found no TOML"),
        ('base = "mel_cnn2d/published"\nfeatures = 3', "table"),
    ],
)
def test_a_file_that_is_no_recipe_is_refused(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(NoInputError, match=said):
        _recipe(str(path))
    with pytest.raises(NoInputError, match="No such file"):
        _recipe(str(tmp_path / "none.toml"))
