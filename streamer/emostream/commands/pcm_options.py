"""What listen and enrol share about raw PCM on standard input."""

import argparse
import sys

from emostream.sources.pcm import PcmSource

STDIN = "-"


def add_pcm_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that say what the bytes on standard input are."""
    parser.add_argument(
        "--rate", type=int, default=16_000, help="sample rate in Hz of the PCM on stdin (default: %(default)s)"
    )
    parser.add_argument(
        "--encoding", choices=("s16le", "f32le"), default="s16le", help="of the PCM on stdin (default: %(default)s)"
    )


def open_pcm(arguments: argparse.Namespace) -> PcmSource:
    """Standard input as a source. Raises ``UsageError`` for a terminal or an impossible rate."""
    return PcmSource(sys.stdin.buffer, arguments.rate, arguments.encoding)
