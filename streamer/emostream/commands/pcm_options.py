"""The options of commands that read raw PCM on standard input."""

import argparse

from emostream.pcm import ENCODINGS


def add_pcm_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that say what the bytes on standard input are."""
    parser.add_argument(
        "--rate", type=int, default=16_000, help="sample rate in Hz of the PCM on stdin (default: %(default)s)"
    )
    parser.add_argument(
        "--encoding", choices=ENCODINGS, default=ENCODINGS[0], help="of the PCM on stdin (default: %(default)s)"
    )
