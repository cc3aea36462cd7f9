"""``emostream file``: recordings through the whole chain, as fast as it goes or at the pace of the audio."""

import argparse
import sys
from contextlib import closing
from pathlib import Path

from rich.console import Console

from emostream.commands.options.event_log import add_events_argument, wanted
from emostream.commands.options.rules import refuse_with
from emostream.commands.options.stream import add_stream_arguments, load_stream_factory
from emostream.commands.settings import Settings
from emostream.commands.stderr import c_library_messages_hidden, print_line
from emostream.commands.stdout import require_reader
from emostream.daemon import Daemon
from emostream.errors import NoInputError
from emostream.live import with_time
from emostream.pipeline.factory import StreamFactory
from emostream.sinks.jsonl import JsonlSink
from emostream.sinks.text import TextSink
from emostream.sources.file import FileSource, find_audio
from emostream.sources.opening import STDIN
from emostream.sources.spooling import STDIN_NAME, file_of_stdin

# Long blocks let the networks see many windows at once; live pace needs short ones.
FAST_BLOCK_S, LIVE_BLOCK_S = 5.0, 0.05
FORMATS = ("text", "jsonl")


def add_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The command's options."""
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="a sound file, a folder of them, or - for a file on stdin"
    )
    add_stream_arguments(parser, settings)
    settings.add_option(parser, "--format", FORMATS[0], choices=FORMATS, help="default: %(default)s")
    add_events_argument(parser, settings)
    parser.add_argument(
        "--steps", action="store_true", help="in text, also what was shown while somebody spoke, before the verdict"
    )
    parser.add_argument("--realtime", action="store_true", help="go at the pace of the audio, as a microphone would")


def run(arguments: argparse.Namespace) -> int:
    """Read every path; one that cannot be read gives a line on stderr and the exit code 66."""
    if arguments.format == "jsonl":
        refuse_with(arguments, ["steps"], "--format jsonl, which has each step")
    factory = load_stream_factory(arguments)
    # Of a damaged MP3 its decoder prints lines of its source code.
    with c_library_messages_hidden():
        return _read_all(arguments, factory)


def _read_all(arguments: argparse.Namespace, factory: StreamFactory) -> int:
    code = 0
    for path in find_audio(arguments.paths):
        try:
            if isinstance(path, NoInputError):
                raise path
            if str(path) == STDIN:
                with file_of_stdin() as spooled:
                    _read_recording(spooled, arguments, factory, STDIN_NAME)
            else:
                _read_recording(path, arguments, factory, str(path))
        except NoInputError as error:
            print_line(error)
            code = error.exit_code
    return code


def _read_recording(path: Path, arguments: argparse.Namespace, factory: StreamFactory, name: str) -> None:
    """One file. Raises ``BrokenPipeError`` once the reader of standard output has gone."""
    realtime = arguments.realtime
    source = FileSource(path, block_s=LIVE_BLOCK_S if realtime else FAST_BLOCK_S, realtime=realtime, name=name)
    if source.note:
        print_line(source.note)
    stream = factory.stream(source.sample_rate_hz, stream=name, source=source.name)
    with closing(_output(arguments, source)) as output:
        sink = wanted(arguments, output) if arguments.format == "jsonl" else output
        if realtime:
            daemon = Daemon(source, stream, [sink])
            daemon.run()
            daemon.emit(*with_time([stream.summary()]))
        else:
            sink.emit(stream.hello())
            for block in source.blocks():
                for event in stream.push(block):
                    sink.emit(event)
            for event in [*stream.flush(), stream.summary()]:
                sink.emit(event)
        require_reader(output)
    if source.trouble:
        raise NoInputError(source.trouble)


def _output(arguments: argparse.Namespace, source: FileSource) -> JsonlSink | TextSink:
    """A sink on standard output that closes the source once its reader has gone."""
    if arguments.format == "jsonl":
        return JsonlSink(sys.stdout.buffer, on_closed=source.close)
    return TextSink(Console(), on_closed=source.close, with_steps=arguments.steps)
