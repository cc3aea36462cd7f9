"""``emostream serve``: other programs' and browsers' audio read live, and the labels served to whoever follows them."""

import argparse
import signal
import threading
from contextlib import ExitStack

from emostream.commands.server_options import add_server_arguments, open_server, say_where
from emostream.commands.settings import Settings
from emostream.commands.stderr import foreign_messages_hidden
from emostream.commands.stream_options import StreamFactory, add_stream_arguments, load_stream_factory
from emostream.daemon import Daemon
from emostream.errors import NoInputError
from emostream.server.server import Server
from emostream.sources.microphone import MicrophoneSource


def add_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The command's options."""
    add_server_arguments(parser, settings)
    parser.add_argument("--microphone", action="store_true", help="read this machine's microphone too, as 'live'")
    parser.add_argument("--device", help="the same, by a microphone's index or a part of its name")
    add_stream_arguments(parser, settings)


def run(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl-C, or until the microphone that was asked for is lost for good."""
    judges = load_stream_factory(arguments)
    interrupted: list[int] = []
    stop = threading.Event()
    with ExitStack() as stack:
        source = MicrophoneSource(arguments.device) if arguments.microphone or arguments.device else None
        if source is not None:
            stack.enter_context(foreign_messages_hidden())
            stack.callback(source.close)

        def end(signal_number: int, _frame: object) -> None:
            interrupted.append(signal_number)
            stop.set()
            if source is not None:
                source.close()

        for signal_number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signal_number, end)
        server = open_server(arguments, judges)
        stack.callback(server.close)
        say_where(server, arguments)
        if source is None:
            stop.wait()
        else:
            _read(source, server, judges)
            if source.trouble and not interrupted:
                raise NoInputError(source.trouble)
    return 128 + interrupted[0] if interrupted else 0


def _read(source: MicrophoneSource, server: Server, judges: StreamFactory) -> None:
    stream = judges.stream(source.sample_rate_hz, stream="live", source=source.name)
    Daemon(source, stream, [server], lambda: (server.clients, server.hub.dropped_events)).run()
