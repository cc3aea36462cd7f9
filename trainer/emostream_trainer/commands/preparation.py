"""What ``train`` and ``evaluate`` do first: find the corpora, listen to every clip, leave out, choose the labels."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from emostream.commands.settings import Settings
from emostream.errors import NoInputError
from emostream_trainer.corpora.clip import Skipped, describe
from emostream_trainer.corpora.inspection import with_sound
from emostream_trainer.corpora.presets import FOUR, PRESETS, Preparation, prepare
from emostream_trainer.corpora.registry import KINDS, read_corpus, together


def add_corpora(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """Options that say what is learnt from or judged by."""
    parser.add_argument(
        "--corpora",
        action="append",
        type=Path,
        metavar="DIR",
        help="a corpus, or a folder of corpora; may be given several times (default: EMOSTREAM_CORPORA, where "
        f"{os.pathsep} stands between several)",
    )
    add_known_corpora(parser, settings)
    parser.add_argument("--kind", choices=KINDS, default="auto", help="the corpus's layout (default: %(default)s)")
    parser.add_argument("--labels", help=f"emotions to tell apart, A+B counts B as A (default: {FOUR})")
    parser.add_argument(
        "--preset",
        choices=PRESETS,
        help="prepare the corpus as the report of 2024 did CREMA-D (three labels as they are) or Dusha (four, each as "
        "often as the rarest); published: that of the corpus",
    )


def add_known_corpora(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The folders that are taken where none is named on the command line."""
    known: str = settings.get("corpora", "")
    parser.set_defaults(known_corpora=[Path(folder) for folder in known.split(os.pathsep) if folder])


def corpora_of(arguments: argparse.Namespace) -> list[Path]:
    """The folders that ``--corpora`` or ``EMOSTREAM_CORPORA`` names; raises ``NoInputError`` without one."""
    folders: list[Path] = arguments.corpora or arguments.known_corpora
    if not folders:
        raise NoInputError("no corpus was named: give its folder with --corpora DIR or EMOSTREAM_CORPORA")
    return folders


def prepared(arguments: argparse.Namespace, console: Console) -> Preparation:
    """Clips that can be heard, as the preset wants them, with a line for what was left out and why.

    Raises ``NoInputError`` and ``UsageError``.
    """
    folders = corpora_of(arguments)
    found = together([read_corpus(folder, arguments.kind) for folder in folders])
    corpus = with_sound(found, console)
    if not corpus.clips:
        places = " and ".join(map(str, folders))
        raise NoInputError(
            f"found {len(found.clips)} clips in {places} and none with sound, such as {_first(corpus.skipped)}: "
            "'emostream corpora check' lists them all"
        )
    preparation = prepare(corpus, arguments.preset, arguments.labels)
    console.print(describe(preparation.corpus), highlight=False)
    for note in preparation.notes:
        console.print(f"  {note}", highlight=False)
    return preparation


def _first(skipped: Sequence[Skipped]) -> str:
    return f"{skipped[0].path.name} ({skipped[0].why})"
