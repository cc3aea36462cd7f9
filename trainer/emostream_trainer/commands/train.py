"""``emostream train``: networks on corpora, fold by fold and on all speakers; goes on where it was interrupted."""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import fmean
from typing import get_args

import msgspec
from rich.console import Console

from emostream.commands.settings import Settings
from emostream.errors import UsageError
from emostream_trainer.commands.preparation import add_corpora, prepared
from emostream_trainer.commands.recipe_options import add_recipe, recipe_of
from emostream_trainer.data.splits import FOLDS
from emostream_trainer.runs import CURVES
from emostream_trainer.training.devices import Device


def add_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The command's options."""
    add_recipe(parser)
    add_corpora(parser, settings)
    parser.add_argument("--out", type=Path, default=Path("runs"), help="where runs are kept (default: %(default)s)")
    parser.add_argument(
        "--only", choices=("folds", "all"), help="the folds, for honest scores, or the one network on all speakers"
    )
    parser.add_argument(
        "--leave-one-corpus-out",
        action="store_true",
        help="instead, one network for each corpus that has not heard it: how far the recipe goes on other recordings",
    )
    parser.add_argument(
        "--folds", type=int, default=FOLDS, help="how many, where the corpus has none of its own (default: %(default)s)"
    )
    parser.add_argument(
        "--weights-licence", metavar="TEXT", help="of the weights, for the card; default: what the corpora allow"
    )
    parser.add_argument(
        "--device", choices=get_args(Device), default="cpu", help="where the networks learn (default: %(default)s)"
    )
    settings.add_option(
        parser,
        "--teacher",
        None,
        Path,
        help="the published network that was trained on Dusha, podcasts_finetune.pt, to build on or to learn from; "
        "without it the encoder that comes along is the teacher",
    )


def run(arguments: argparse.Namespace) -> int:
    """Train what is not yet trained, with a line of progress an epoch."""
    recipe = recipe_of(arguments)  # refuses what is wrong before any clip is opened
    if arguments.folds < 2:
        raise UsageError(f"found --folds {arguments.folds}, expected 2 or more")
    if arguments.leave_one_corpus_out and arguments.only:
        raise UsageError("--only chooses between the folds and all speakers, so it cannot go with a corpus left out")
    console = Console()
    preparation = prepared(arguments, console)
    recipe = recipe_of(arguments, preparation.preset)
    if recipe.teacher and arguments.teacher:
        recipe = msgspec.structs.replace(recipe, teacher="dusha")

    from emostream_trainer.training.run import TrainingJob, held_out_uars, train

    job = TrainingJob(
        recipe=recipe,
        clips=preparation.corpus.clips,
        labels=preparation.labels,
        root=arguments.out,
        pretrained=arguments.teacher,
        with_folds=arguments.only != "all",
        with_all=arguments.only != "folds" and not arguments.leave_one_corpus_out,
        leave_one_corpus_out=arguments.leave_one_corpus_out,
        fold_count=arguments.folds,
        licence=arguments.weights_licence,
        device=arguments.device,
    )
    try:
        folder = train(job, console)
    except KeyboardInterrupt:
        console.print("interrupted: the same command goes on behind the last whole epoch", highlight=False)
        raise
    for line in _ending(folder, held_out_uars(folder)):
        console.print(line, highlight=False, soft_wrap=True)
    return 0


def _ending(folder: Path, uars: Mapping[str, float]) -> Iterator[str]:
    """What came of it, where it lies, and what comes next."""
    if uars:
        each = ", ".join(f"{part} {uar:.3f}" for part, uar in uars.items())
        yield f"UAR on clips of strangers: mean {fmean(uars.values()):.3f} ({each})"
    if (folder / CURVES).with_suffix(".png").exists():
        yield f"loss, accuracy and UAR by epoch: {folder / CURVES}.png and .svg, or tensorboard --logdir {folder}"
    yield f"done: {folder}; now 'emostream export {folder}'"
