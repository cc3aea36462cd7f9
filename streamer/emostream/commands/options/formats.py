"""The options of commands that write timelines: in which formats, and where."""

import argparse
import sys
from pathlib import Path

from emostream.commands.extras import require_extra
from emostream.commands.plots import add_plot_argument
from emostream.commands.settings import Settings
from emostream.errors import UsageError
from emostream.sources.opening import STDIN
from emostream.timelines.registry import BINARY, FORMATS, JOINABLE, NAMES

STDOUT = STDIN  # a dash is either, by its place


class _Formats(tuple[str, ...]):
    """The names of formats, in which a list with commas is found if each of its names is."""

    __slots__ = ()

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and all(tuple.__contains__(self, name) for name in text.split(","))


def add_format_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """``--format``, ``--out``, ``--plot`` and ``--steps``."""
    settings.add_option(
        parser,
        "--format",
        NAMES[0],
        choices=_Formats(NAMES),
        metavar="FORMAT",
        help=f"{', '.join(NAMES)}; with --out several with commas between them (default: %(default)s)",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="write files there, and not to standard output (which is -)"
    )
    add_plot_argument(parser)
    parser.add_argument(
        "--steps",
        action="store_true",
        help="each step too: in text what was shown before the verdict, in csv and parquet in place of the utterances",
    )


def wanted_formats(arguments: argparse.Namespace) -> tuple[str, ...]:
    """The formats that the options ask for. Raises ``UsageError`` where they do not go together."""
    names: tuple[str, ...] = tuple(dict.fromkeys(arguments.format.split(",")))
    for name in names:
        if name in FORMATS and (extra := FORMATS[name].extra):
            require_extra(extra, f"emostream {arguments.command} --format {name}")
    if arguments.steps and not any(name == "text" or (name in FORMATS and FORMATS[name].has_steps) for name in names):
        has_each = ", which has each step" if names == ("jsonl",) else ""
        raise UsageError(f"--steps does nothing beside --format {','.join(names)}{has_each}: leave one of them out")
    return names


def output_folder(arguments: argparse.Namespace) -> Path | None:
    """Where files go; None for standard output."""
    return None if arguments.out is None or str(arguments.out) == STDOUT else arguments.out


def require_one_format(names: tuple[str, ...]) -> str:
    """The one format of standard output. Raises ``UsageError`` for several, and for one that is not for a terminal."""
    if len(names) > 1:
        raise UsageError(f"found {len(names)} formats for standard output, expected one, or --out DIR for files")
    if names[0] in BINARY and sys.stdout.isatty():
        raise UsageError(f"{names[0]} is not for a terminal: expected --out DIR, or a file or a program behind a pipe")
    return names[0]


def require_joinable(name: str, recordings: int) -> None:
    """Raise ``UsageError`` where so many recordings make no file of the format, one behind the other."""
    if recordings > 1 and name not in JOINABLE:
        raise UsageError(
            f"found {recordings} recordings for standard output in the format {name}, a file of which holds one: "
            f"expected --out DIR, for a file each, or one of {', '.join(JOINABLE)}"
        )
