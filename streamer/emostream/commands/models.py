"""``emostream models``: print the card of each model file."""

import argparse
from pathlib import Path

from rich import box
from rich.table import Table

from emostream import assets
from emostream.commands.settings import Settings
from emostream.commands.stderr import print_line
from emostream.commands.stdout import print_table
from emostream.errors import ModelError
from emostream.inference.model import EmotionModel
from emostream.inference.verification import verify
from emostream.sinks.printable import printable


def add_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The command's options."""
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="MODEL", help="an .onnx file or a folder (default: the shipped ones)"
    )
    parser.add_argument(
        "--verify", action="store_true", help="run each on noise, and say whether it does what its card says"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the cards, or verify the models; raises ``ModelError`` for a file that is missing or not a model."""
    paths = [file for path in arguments.paths for file in assets.files_of(path)] or assets.model_paths()
    if arguments.verify:
        return _verify(paths)
    for path, model in zip(paths, assets.load_models(paths), strict=True):
        print_table(_table(path, model))
    return 0


def _verify(paths: list[Path]) -> int:
    """A line for each; 1 where one fails."""
    if not paths:
        assets.load_models(paths)
    code = 0
    for path in paths:
        try:
            (model,) = assets.load_models([path])
            verify(model)
        except ModelError as error:
            print_line(error if str(path) in str(error) else f"{path}: {error}")
            code = ModelError.exit_code
        else:
            print(f"{printable(str(path))}: {model.card.name}/{model.card.variant} does what its card says")
    return code


def _table(path: Path, model: EmotionModel) -> Table:
    card = model.card
    spec = card.features
    rows = {
        "file": f"{path} ({path.stat().st_size / 1e6:.2f} MB)",
        "labels": ", ".join(card.labels),
        "hears": f"{card.window_ms} ms of {spec.sample_rate_hz} Hz, every {card.interval_ms} ms",
        "rows": f"{spec.dim} columns ({', '.join(spec.features)}), every {spec.hop_ms:g} ms",
        "speaker": f"can be enrolled ({model.summary_size} numbers)" if card.neutral_summary else "",
        "scores": ", ".join(f"{name} {score:.3f}" for name, score in card.scores.items()) or "not evaluated",
        "protocol": card.protocol,
        "temperature": f"{card.temperature:.3f}",
        "trained on": card.training_data,
        "licence": card.licence,
        "thanks to": card.attribution,
    }
    table = Table(
        title=f"{card.name}/{card.variant} {card.version}", title_justify="left", show_header=False, box=box.SIMPLE
    )
    for name, value in rows.items():
        if value:
            table.add_row(name, value)
    return table
