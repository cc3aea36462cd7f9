"""Options that change a recipe: the common ones by name, any field by ``--set``, or a recipe from a TOML file."""

import argparse
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import msgspec

from emostream.errors import NoInputError, UsageError
from emostream_trainer.corpora.presets import Preset
from emostream_trainer.recipes import RECIPES, Activation, Picture, Recipe, recipe_named

# Options whose names are fields of a recipe.
FIELDS = ("epochs", "patience", "batch_size", "learning_rate", "seed", "picture", "activation")


def add_recipe(parser: argparse.ArgumentParser) -> None:
    """The recipe, and what is changed in it."""
    parser.add_argument(
        "recipe", help=f"one of {', '.join(RECIPES)}; or a TOML file with 'base' = one of them, and fields to change"
    )
    parser.add_argument("--epochs", type=int, help="instead of the recipe's")
    parser.add_argument(
        "--patience",
        type=int,
        help="keep a fifth of the training side's speakers to judge each epoch by, use the network with the best UAR "
        "on them, and end after so many epochs without a better one (default: 0, all epochs and the last network)",
    )
    parser.add_argument("--batch-size", type=int, help="instead of the recipe's")
    parser.add_argument("--learning-rate", type=float, help="instead of the recipe's")
    parser.add_argument("--seed", type=int, help="of the first weights and the order of clips (default: 0)")
    parser.add_argument(
        "--picture",
        choices=get_args(Picture),
        help="of mel_cnn2d/published: drawn in colours as the report had it, or the levels alone (default: direct)",
    )
    parser.add_argument(
        "--activation", choices=get_args(Activation), help="of mel_cnn2d/published: its text's GELU, its listing's ReLU"
    )
    parser.add_argument(
        "--soft-targets",
        action="store_true",
        help="learn the shares of listeners' votes (CREMA-D, Dusha) in place of one label a clip",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="any field of the recipe, such as window_ms=2000 or features.n_mfcc=40; may be given again",
    )


def recipe_of(arguments: argparse.Namespace, preset: Preset | None = None) -> Recipe:
    """The recipe as the options change it. Raises ``UsageError`` and, for a file, ``NoInputError``."""
    base = _recipe_at(Path(arguments.recipe)) if arguments.recipe.endswith(".toml") else recipe_named(arguments.recipe)
    changes: dict[str, Any] = {name: value for name in FIELDS if (value := getattr(arguments, name)) is not None}
    if preset and base.variant.startswith("published") and base.network in preset.epochs:
        changes = {"epochs": preset.epochs[base.network]} | changes
    if arguments.soft_targets:
        changes["soft_targets"] = True
    for setting in arguments.set:
        name, equals, value = setting.partition("=")
        if not equals:
            raise UsageError(f"found --set {setting!r}, expected FIELD=VALUE, such as window_ms=2000")
        changes[name] = _value(value)
    _check_takes_pictures(base, changes)
    if changes.get("epochs") == 0 and base.epochs:
        raise UsageError("found --epochs 0, expected 1 or more")
    return changed(base, changes)


def changed(recipe: Recipe, changes: Mapping[str, Any]) -> Recipe:
    """The recipe with other fields, ``features.x`` being field x of its features. Raises ``UsageError``."""
    fields: dict[str, Any] = msgspec.to_builtins(recipe)
    for name, value in changes.items():
        place, _, inner = name.rpartition(".")
        target = fields.get(place) if place else fields
        if not isinstance(target, dict) or inner not in target:
            known = ", ".join([*(field for field in fields if field != "features"), "features.…"])
            raise UsageError(f"found the field {name!r}, expected one of {known}")
        target[inner] = value
    try:
        return msgspec.convert(fields, Recipe, strict=False)
    except msgspec.ValidationError as error:
        raise UsageError(f"the recipe cannot be changed so: {error}") from error


def _recipe_at(path: Path) -> Recipe:
    try:
        with path.open("rb") as file:
            fields = tomllib.load(file)
    except OSError as error:
        raise NoInputError(f"{path}: {error.strerror}; expected a recipe in TOML") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise NoInputError(
            f"{path}: found no TOML ({error}), expected base = 'mel_cnn2d/published' and fields"
        ) from error
    base = fields.pop("base", None)
    if not isinstance(base, str):
        raise NoInputError(f"{path}: found no base, expected base = one of {', '.join(RECIPES)}")
    features = fields.pop("features", {})
    if not isinstance(features, dict):
        raise NoInputError(f"{path}: found features = {features!r}, expected a table [features]")
    return changed(recipe_named(base), fields | {f"features.{name}": value for name, value in features.items()})


def _value(text: str) -> Any:
    """What a value means in TOML, or else the text itself."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _check_takes_pictures(base: Recipe, changes: Mapping[str, Any]) -> None:
    given = [name for name in ("picture", "activation") if name in changes]
    if given and base.name != "mel_cnn2d/published":
        raise UsageError(f"--{given[0]} is for mel_cnn2d/published alone: found {base.name}")
