"""The options of commands that open a microphone."""

import argparse

from emostream.commands.settings import Settings

DEVICE_HELP = "a microphone's index or a part of its name, or - for stdin"


def add_microphone_arguments(parser: argparse.ArgumentParser, settings: Settings, *, waits: bool) -> None:
    """Which microphone, which of its channels, and whether to wait for one that is not there yet."""
    settings.add_option(parser, "--device", help=DEVICE_HELP.removesuffix(", or - for stdin") if waits else DEVICE_HELP)
    settings.add_option(
        parser, "--channel", None, int, help="the channel to read, from 1 (default: the first, or else the loudest)"
    )
    settings.add_option(
        parser,
        "--wait",
        waits,
        bool,
        action=argparse.BooleanOptionalAction,
        help="wait for a microphone that is not there yet" + (" (default)" if waits else ""),
    )
