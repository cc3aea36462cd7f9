"""``emostream listen``: the microphone (or raw PCM on stdin) read live, shown here and served to others."""

import argparse
import signal
import sys
from contextlib import ExitStack
from types import FrameType

from rich.console import Console

from emostream import assets
from emostream.commands.pcm_options import STDIN, add_pcm_arguments, open_pcm
from emostream.commands.server_options import add_server_arguments, open_server, say_where
from emostream.commands.settings import Settings
from emostream.commands.stderr import foreign_messages_hidden
from emostream.commands.stdout import demand_reader
from emostream.commands.stream_options import add_stream_arguments, load_stream_factory
from emostream.daemon import Daemon
from emostream.errors import NoInputError, UnavailableError
from emostream.sinks import Sink
from emostream.sinks.dashboard.screen import Dashboard
from emostream.sinks.detached import DetachedSink
from emostream.sinks.jsonl import JsonlSink
from emostream.sources import Source
from emostream.sources.file import FileSource
from emostream.sources.microphone import MicrophoneSource

STDOUT_FD = 1
DEMO_BLOCK_S = 0.05


def add_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The command's options."""
    get = settings.get
    parser.add_argument("stdin", nargs="?", choices=[STDIN], help="read raw PCM from stdin instead of a microphone")
    parser.add_argument(
        "--device", default=get("device", None), help="a microphone's index or a part of its name, or - for stdin"
    )
    add_stream_arguments(parser, settings)
    parser.add_argument("--format", choices=("tui", "jsonl"), help="default: tui on a terminal, jsonl into a pipe")
    parser.add_argument(
        "--serve",
        action="store_true",
        default=get("serve", False, bool),
        help="serve the widget page and the WebSocket, as 'emostream serve' does",
    )
    add_pcm_arguments(parser)
    parser.add_argument(
        "--or-demo", action="store_true", help="where there is no microphone, say so and play the bundled recording"
    )
    add_server_arguments(parser, settings)


def run(arguments: argparse.Namespace) -> int:
    """Listen until the source ends, the reader of a pipe goes, or Ctrl-C.

    Raises ``NoInputError`` where raw PCM ends within a sample, after what came before it.
    """
    judges = load_stream_factory(arguments)
    source = _source(arguments)
    stream = judges.stream(source.sample_rate_hz, stream="live", source=source.name)
    interrupted: list[int] = []

    def stop(signal_number: int, _frame: FrameType | None) -> None:
        interrupted.append(signal_number)
        source.close()

    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, stop)
    with ExitStack() as stack:
        stack.enter_context(foreign_messages_hidden())
        stack.callback(source.close)
        server = open_server(arguments, judges) if arguments.serve else None
        lines = _lines(arguments, source)
        if lines and server:
            say_where(server, arguments)
        shown = DetachedSink(lines) if lines else Dashboard(Console(), served_at=server.address if server else None)
        sinks: list[Sink] = [sink for sink in (server, shown) if sink is not None]
        for sink in sinks:
            stack.callback(sink.close)

        def counts() -> tuple[int, int]:
            served = (server.clients, server.hub.dropped_events) if server else (0, 0)
            return served[0], served[1] + (shown.dropped_events if isinstance(shown, DetachedSink) else 0)

        Daemon(source, stream, sinks, counts).run()
    if interrupted:
        return 128 + interrupted[0]
    if lines:
        demand_reader(lines)
    if source.trouble:
        raise NoInputError(source.trouble)
    return 0


def _source(arguments: argparse.Namespace) -> Source:
    if STDIN in (arguments.stdin, arguments.device):
        return open_pcm(arguments)
    try:
        return MicrophoneSource(arguments.device)
    except UnavailableError as error:
        if not arguments.or_demo:
            raise
        print(f"emostream: {error}; playing the bundled recording instead", file=sys.stderr)
        return FileSource(assets.DEMO_RECORDING, block_s=DEMO_BLOCK_S, realtime=True)


def _lines(arguments: argparse.Namespace, source: Source) -> JsonlSink | None:
    """JSON lines on stdout, unless it is a terminal; a reader who leaves ends the source."""
    if arguments.format == "tui" or (arguments.format is None and sys.stdout.isatty()):
        return None
    raw = open(STDOUT_FD, "wb", buffering=0, closefd=False)  # noqa: SIM115 - the process's own stdout
    return JsonlSink(raw, on_closed=source.close)
