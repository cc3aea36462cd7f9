"""``emostream record``: what ``listen`` reads, kept as a session without sound."""

import argparse
from pathlib import Path

from emostream.commands.listen import add_listening_arguments, listen
from emostream.commands.options.recording import SESSION_HELP, add_keep_argument
from emostream.commands.settings import Settings
from emostream.commands.sinks import output_of


def add_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The command's options."""
    parser.add_argument("record", type=Path, metavar="SESSION", help=SESSION_HELP)
    add_keep_argument(parser, settings, "--keep")
    add_listening_arguments(parser, settings)
    parser.set_defaults(stdin=None)


def run(arguments: argparse.Namespace) -> int:
    """Record until the source ends, Ctrl-C, or a disk that takes no more, which raises ``SessionError``."""
    return listen(arguments, output_of(arguments, elsewhere=None), is_for_recording=True)
