"""What ``train`` and ``evaluate`` do first: find the corpora, listen to every clip, leave out, choose the labels."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from emostream.commands.settings import Settings
from emostream.errors import NoInputError
from emostream_trainer.corpora.clip import Skipped, describe
from emostream_trainer.corpora.inspection import with_sound
from emostream_trainer.corpora.presets import FOUR, PRESETS, Preparation, prepare
from emostream_trainer.corpora.registry import KINDS, read_corpus


def add_corpora(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """Options that say what is learnt from or judged by."""
    settings.add_option(parser, "--corpora", None, Path, help="a corpus, or a folder of corpora")
    parser.add_argument("--kind", choices=KINDS, default="auto", help="the corpus's layout (default: %(default)s)")
    parser.add_argument("--labels", help=f"emotions to tell apart, A+B counts B as A (default: {FOUR})")
    parser.add_argument(
        "--preset",
        choices=PRESETS,
        help="prepare the corpus as the report of 2024 did CREMA-D (three labels as they are) or Dusha (four, each as "
        "often as the rarest); published: that of the corpus",
    )


def corpus_of(arguments: argparse.Namespace) -> Path:
    """The folder that ``--corpora`` or ``EMOSTREAM_CORPORA`` names; raises ``NoInputError`` without one."""
    if arguments.corpora is None:
        raise NoInputError("no corpus was named: give its folder with --corpora DIR or EMOSTREAM_CORPORA")
    folder: Path = arguments.corpora
    return folder


def prepared(arguments: argparse.Namespace, console: Console) -> Preparation:
    """Clips that can be heard, as the preset wants them, with a line for what was left out and why.

    Raises ``NoInputError`` and ``UsageError``.
    """
    folder = corpus_of(arguments)
    found = read_corpus(folder, arguments.kind)
    corpus = with_sound(found, console)
    if not corpus.clips:
        raise NoInputError(
            f"found {len(found.clips)} clips in {folder} and none with sound, such as {_first(corpus.skipped)}: "
            "'emostream corpora check' lists them all"
        )
    preparation = prepare(corpus, arguments.preset, arguments.labels)
    console.print(describe(preparation.corpus), highlight=False)
    for note in preparation.notes:
        console.print(f"  {note}", highlight=False)
    return preparation


def _first(skipped: Sequence[Skipped]) -> str:
    return f"{skipped[0].path.name} ({skipped[0].why})"
