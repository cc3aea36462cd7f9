"""The parsers of the command line: one for each command, whose mistakes are one line."""

import argparse
import importlib
from typing import NoReturn

import emostream
from emostream.commands.examples import examples_text
from emostream.commands.registry import COMMANDS
from emostream.commands.settings import Settings
from emostream.errors import UsageError

_EPILOG = "'emostream COMMAND --help' shows a command's options and examples; 'emostream listen' is where to begin."


class _HelpFormatter(argparse.HelpFormatter):
    """Leaves room for the names of all commands, which argparse forgets to indent when it measures them."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog)
        self._action_max_length = max(map(len, COMMANDS)) + 4


class Parser(argparse.ArgumentParser):
    """Reports a wrong command line in one line, like every other error."""

    def error(self, message: str) -> NoReturn:
        """Raises ``UsageError``."""
        raise UsageError(f"{message}; see '{self.prog} --help'")


def command_parsers() -> tuple[Parser, dict[str, Parser]]:
    """The parser, and those of the commands, without options of their own yet."""
    parser = Parser(
        prog="emostream",
        description="Reads the emotion in a voice, live.",
        epilog=_EPILOG,
        formatter_class=_HelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"emostream {emostream.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    subparsers = {
        name: commands.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            epilog=examples_text(name),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        for name, (_, summary, _) in COMMANDS.items()
    }
    return parser, subparsers


def whole_parser(settings: Settings) -> Parser:
    """The parser with all commands and their options, whose defaults are those of ``settings``."""
    parser, subparsers = command_parsers()
    for name, (path, _, _) in COMMANDS.items():
        importlib.import_module(path).add_arguments(subparsers[name], settings)
    return parser
