"""``emostream completion``: the script by which a shell completes commands, options and files."""

import argparse
from pathlib import Path

import shtab

from emostream.commands.settings import Settings

SHELLS = ("bash", "zsh", "fish")


def add_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The command's options."""
    parser.add_argument("shell", choices=SHELLS, help="the shell that the script is for")
    parser.set_defaults(settings=settings)


def run(arguments: argparse.Namespace) -> int:
    """Print the script, made from the parsers of all commands."""
    # Whose list of commands names this one.
    from emostream.commands.parsing import whole_parser

    parser = whole_parser(arguments.settings.anew())
    _complete_files(parser)
    print(shtab.complete(parser, arguments.shell))
    return 0


def _complete_files(parser: argparse.ArgumentParser) -> None:
    """Have all options and arguments that are paths completed with files."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for subparser in action.choices.values():
                _complete_files(subparser)
        elif action.type is Path:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
