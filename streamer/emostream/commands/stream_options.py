"""The options of commands that read voices: which models, whose voice, and how sure a label must be."""

import argparse
from pathlib import Path

from emostream import assets
from emostream.commands.settings import Settings
from emostream.pipeline.factory import StreamFactory
from emostream.profiles import Speakers


def add_model_argument(parser: argparse.ArgumentParser) -> None:
    """The option of every command that runs models."""
    parser.add_argument(
        "--model", action="append", type=Path, help="an .onnx file; repeat it for several to be averaged"
    )


def add_stream_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The options of every command that reads voices."""
    get = settings.get
    add_model_argument(parser)
    parser.add_argument(
        "--speaker",
        metavar="NAME",
        default=get("speaker", None),
        help="whose voice it is, of those whom 'emostream enrol' knows",
    )
    parser.add_argument(
        "--drift",
        action=argparse.BooleanOptionalAction,
        default=get("drift", True, bool),
        help="follow slowly how the voice speaks on the whole",
    )
    parser.add_argument(
        "--be-right",
        type=float,
        metavar="SHARE",
        default=get("be_right", None, float),
        help="show only labels that are right this often on strangers, such as 0.8",
    )
    parser.add_argument(
        "--reliability",
        type=Path,
        metavar="FILE",
        default=get("reliability", None, Path),
        help="how often the models of --model are right, as 'emostream evaluate' measured it",
    )


def load_stream_factory(arguments: argparse.Namespace) -> StreamFactory:
    """What the options name. Raises an ``EmostreamError`` for what is not there or does not go together."""
    return assets.load_stream_factory(
        arguments.model,
        reliability=arguments.reliability,
        profile=Speakers().load(arguments.speaker) if arguments.speaker else None,
        be_right=arguments.be_right,
        drift=arguments.drift,
    )
