"""``emostream file``: recordings through the whole chain, as fast as it goes or at the pace of the audio."""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from streamer import bundled
from streamer.daemon import Daemon
from streamer.errors import NoInputError
from streamer.model import EmotionModel
from streamer.pipeline import EmotionStream
from streamer.settings import Settings
from streamer.sinks.jsonl import JsonlSink
from streamer.sinks.text import TextSink
from streamer.sources.file import FileSource, find_audio
from streamer.speech import SpeechModel

# Long blocks let the networks see many windows at once; live pace needs short ones.
FAST_BLOCK_S, LIVE_BLOCK_S = 5.0, 0.05
FORMATS = ("text", "jsonl")


def add_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The command's options."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a sound file, or a folder of them")
    parser.add_argument(
        "--model", action="append", type=Path, help="an .onnx file; repeat it for several to be averaged"
    )
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default=settings.get("format", FORMATS[0], choices=FORMATS),
        help="default: %(default)s",
    )
    parser.add_argument("--realtime", action="store_true", help="go at the pace of the audio, as a microphone would")


def run(arguments: argparse.Namespace) -> int:
    """Serve every path; a path that cannot be served costs one line on stderr and the exit code 66."""
    models, speech_model = bundled.load_models(arguments.model), bundled.load_speech_model()
    sink = JsonlSink(sys.stdout.buffer) if arguments.format == "jsonl" else TextSink(Console())
    code = 0
    for path in find_audio(arguments.paths):
        try:
            if isinstance(path, NoInputError):
                raise path
            _serve(path, models, speech_model, sink, realtime=arguments.realtime)
        except NoInputError as error:
            print(f"emostream: {error}", file=sys.stderr)
            code = error.exit_code
        if sink.closed:
            return 0
    sink.close()
    return code


def _serve(
    path: Path, models: list[EmotionModel], speech_model: SpeechModel, sink: JsonlSink | TextSink, *, realtime: bool
) -> None:
    source = FileSource(path, block_s=LIVE_BLOCK_S if realtime else FAST_BLOCK_S, realtime=realtime)
    stream = EmotionStream(models, speech_model, source.sample_rate_hz, stream=str(path), source=source.name)
    if realtime:
        daemon = Daemon(source, stream, [sink])
        daemon.run()
        daemon.emit([stream.summary()])
    else:
        sink.emit(stream.hello())
        for block in source.blocks():
            for event in stream.push(block):
                sink.emit(event)
        for event in [*stream.flush(), stream.summary()]:
            sink.emit(event)
    if source.trouble:
        raise NoInputError(source.trouble)
