"""``emostream export``: networks as ONNX files, for evaluation (the folds) or for use (the one of all speakers)."""

import argparse
from pathlib import Path

from rich.console import Console

from emostream import assets
from emostream.commands.settings import Settings
from emostream.errors import NoInputError
from emostream_trainer import runs


def add_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The command's options."""
    parser.add_argument("run", type=Path, metavar="RUN", help="the folder of a run, such as runs/mel_cnn2d-attentive")
    parser.add_argument(
        "--to",
        type=Path,
        help="write the network of all speakers here; without it, every part is written in its folder",
    )
    parser.add_argument(
        "--recording", type=Path, default=assets.DEMO_RECORDING, help="speech to verify on (default: the bundled one)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Write models, each verified; raises ``MismatchError`` and does not write one that says what it should not."""
    folder: Path = arguments.run
    recipe = runs.read_run(folder).recipe
    judged = [*runs.evaluated_parts(folder), *runs.evaluated_parts(folder, runs.WITHOUT)]
    parts = [folder / runs.ALL] if arguments.to else [*judged, folder / runs.ALL]
    trained = [part for part in parts if runs.is_trained(part, recipe)]
    if not trained:
        raise NoInputError(f"{folder} holds no trained network: finish it with 'emostream train'")

    from emostream_export.run_export import export_part

    console = Console()
    for part in trained:
        to = arguments.to or part / runs.MODEL
        verification = export_part(folder, part, to, arguments.recording)
        console.print(
            f"{to}  {to.stat().st_size / 1e6:.2f} MB, equal to its framework on {verification.windows} windows "
            f"to {verification.largest_difference:.0e}",
            highlight=False,
        )
    return 0
