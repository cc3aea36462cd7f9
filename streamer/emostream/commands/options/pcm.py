"""The options of commands that read raw PCM on standard input."""

import argparse

from emostream.pcm import ENCODINGS
from emostream.sources.opening import PcmFormat

PCM_OPTIONS = ("rate", "encoding", "channels")


def add_pcm_arguments(parser: argparse.ArgumentParser) -> None:
    """The options for the format of the PCM on standard input."""
    parser.add_argument(
        "--rate", type=int, default=16_000, help="sample rate in Hz of the PCM on stdin (default: %(default)s)"
    )
    parser.add_argument(
        "--encoding", choices=ENCODINGS, default=ENCODINGS[0], help="of the PCM on stdin (default: %(default)s)"
    )
    parser.add_argument(
        "--channels", type=int, default=1, help="interleaved channels of the PCM on stdin (default: %(default)s)"
    )


def pcm_format(arguments: argparse.Namespace) -> PcmFormat:
    """The format that the options name."""
    return PcmFormat(arguments.rate, arguments.encoding, arguments.channels)
