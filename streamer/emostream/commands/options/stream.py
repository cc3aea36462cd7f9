"""The options of commands that read voices: the models, the speaker, and how reliable a label must be."""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

from emostream import assets
from emostream.commands.model_watch import ModelWatch
from emostream.commands.settings import Settings
from emostream.commands.stderr import print_line
from emostream.pipeline.factory import StreamFactory
from emostream.pipeline.stream import EmotionStream
from emostream.profiles import Speakers


def add_model_argument(parser: argparse.ArgumentParser) -> None:
    """The option of every command that runs models."""
    parser.add_argument(
        "--model",
        action="append",
        type=Path,
        help="an .onnx file or a folder of them; repeat it for several to be averaged",
    )


def add_stream_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The options of every command that reads voices."""
    add_model_argument(parser)
    settings.add_option(
        parser,
        "--speaker",
        metavar="NAME",
        help="whose voice it is, of those whom 'emostream enrol' knows",
    )
    settings.add_option(
        parser,
        "--drift",
        True,
        bool,
        action=argparse.BooleanOptionalAction,
        help="follow slowly how the voice speaks on the whole",
    )
    settings.add_option(
        parser,
        "--be-right",
        kind=float,
        metavar="SHARE",
        help="show labels only when they are sure enough to be right this often, such as 0.8; what came of it is said",
    )
    settings.add_option(
        parser,
        "--reliability",
        kind=Path,
        metavar="FILE",
        help="how often the models of --model are right, as 'emostream evaluate' measured it",
    )


def watch_models(arguments: argparse.Namespace, make_stream: Callable[[StreamFactory], EmotionStream]) -> ModelWatch:
    """What sees that the models of the options have changed, with their figures and the speaker's profile."""
    paths = [*(arguments.model or assets.model_paths()), *([arguments.reliability] if arguments.reliability else [])]
    return ModelWatch(paths, lambda: load_stream_factory(arguments), make_stream)


def load_stream_factory(arguments: argparse.Namespace) -> StreamFactory:
    """The factory for the options. Raises an ``EmostreamError`` for missing files and for conflicting options."""
    return stream_factory_loader(arguments)()


def stream_factory_loader(arguments: argparse.Namespace) -> Callable[[], StreamFactory]:
    """What loads the factory for the options, in this process or another one. Raises as ``load_stream_factory``."""
    if not arguments.model and not arguments.reliability and not assets.RELIABILITY.is_file():
        print_line(
            f"{assets.RELIABILITY} is missing: the models count alike and their confidence is not corrected; "
            "install emostream again"
        )
    return partial(
        assets.load_stream_factory,
        arguments.model,
        reliability=arguments.reliability,
        profile=Speakers().load(arguments.speaker) if arguments.speaker else None,
        be_right=arguments.be_right,
        drift=arguments.drift,
    )
