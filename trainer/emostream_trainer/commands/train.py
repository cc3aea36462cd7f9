"""``emostream train``: networks on corpora, fold by fold and on all speakers; goes on where it was interrupted."""

import argparse
from pathlib import Path

import msgspec
from rich.console import Console

from emostream.commands.settings import Settings
from emostream.errors import UsageError
from emostream_trainer.commands.preparation import add_corpora, prepared
from emostream_trainer.recipes import RECIPES, recipe_named


def add_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The command's options."""
    parser.add_argument("recipe", help=f"one of {', '.join(RECIPES)}")
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
    parser.add_argument("--epochs", type=int, help="instead of the recipe's")
    parser.add_argument(
        "--soft-targets",
        action="store_true",
        help="learn the shares of listeners' votes (CREMA-D, Dusha) in place of one label a clip",
    )
    settings.add_option(
        parser,
        "--teacher",
        None,
        Path,
        help="the published network that was trained on Dusha, podcasts_finetune.pt, to learn from",
    )


def run(arguments: argparse.Namespace) -> int:
    """Train what is not yet trained, with a line of progress an epoch."""
    recipe = recipe_named(arguments.recipe)
    if arguments.epochs is not None:
        if arguments.epochs < 1:
            raise UsageError(f"found --epochs {arguments.epochs}, expected 1 or more")
        recipe = msgspec.structs.replace(recipe, epochs=arguments.epochs)
    if arguments.soft_targets:
        recipe = msgspec.structs.replace(recipe, soft_targets=True)
    if arguments.leave_one_corpus_out and arguments.only:
        raise UsageError("--only chooses between the folds and all speakers, so it cannot go with a corpus left out")
    console = Console()
    preparation = prepared(arguments, console)
    if recipe.teacher_weight and arguments.teacher is None:
        console.print("no --teacher: trained without one, and the scores will be lower than the shipped networks'")

    from emostream_trainer.training.run import TrainingJob, train

    job = TrainingJob(
        recipe=recipe,
        clips=preparation.corpus.clips,
        labels=preparation.labels,
        root=arguments.out,
        teacher=arguments.teacher,
        with_folds=arguments.only != "all",
        with_all=arguments.only != "folds" and not arguments.leave_one_corpus_out,
        leave_one_corpus_out=arguments.leave_one_corpus_out,
    )
    console.print(f"done: {train(job, console)}", highlight=False)
    return 0
