"""``emostream file``: recordings through the whole chain, as fast as it goes or at the pace of the audio."""

import argparse
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from emostream.batch.overview import Overview, overview
from emostream.commands.file_folder import read_into_folder
from emostream.commands.options.event_log import add_events_argument, wanted
from emostream.commands.options.formats import (
    add_format_arguments,
    output_folder,
    require_joinable,
    require_one_format,
    wanted_formats,
)
from emostream.commands.options.rules import refuse_with, refuse_without
from emostream.commands.options.stream import add_stream_arguments, load_stream_factory
from emostream.commands.overview_table import overview_table
from emostream.commands.plots import HOLDS_VOICES, Plots, add_audio_argument
from emostream.commands.settings import Settings
from emostream.commands.stderr import c_library_messages_hidden, print_line
from emostream.commands.stdout import print_table, print_to_console, require_reader
from emostream.daemon import Daemon
from emostream.errors import NoInputError, UsageError
from emostream.live import with_time
from emostream.pipeline.factory import StreamFactory
from emostream.pipeline.stream import EmotionStream
from emostream.sinks import Sink
from emostream.sinks.jsonl import JsonlSink
from emostream.sinks.text import TextSink
from emostream.sources.file import FileSource, find_audio
from emostream.sources.opening import STDIN
from emostream.sources.spooling import STDIN_NAME, file_of_stdin
from emostream.timelines.builder import TimelineBuilder
from emostream.timelines.pictures.page import MOST_AUDIO_BYTES
from emostream.timelines.pictures.strip import print_strip
from emostream.timelines.registry import FORMATS, PAGE, PICTURES, STRIP, write_timeline
from emostream.timelines.sound_collector import SoundCollector
from emostream.timelines.timeline import Timeline

# Long blocks let the networks see many windows at once; live pace needs short ones.
FAST_BLOCK_S, LIVE_BLOCK_S = 5.0, 0.05


def add_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The command's options."""
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="a sound file, a folder of them, or - for a file on stdin"
    )
    add_stream_arguments(parser, settings)
    add_format_arguments(parser, settings)
    add_audio_argument(parser)
    add_events_argument(parser, settings)
    settings.add_option(
        parser, "--jobs", 1, int, metavar="N", help="with --out, read so many recordings at once (default: %(default)s)"
    )
    parser.add_argument("--realtime", action="store_true", help="go at the pace of the audio, as a microphone would")


def run(arguments: argparse.Namespace) -> int:
    """Read every path; one that cannot be read gives a line on stderr and the exit code 66."""
    formats, folder = wanted_formats(arguments), output_folder(arguments)
    if arguments.jobs < 1:
        raise UsageError(f"found {arguments.jobs} for --jobs, expected 1 or more")
    # Of a damaged MP3 its decoder prints lines of its source code.
    with c_library_messages_hidden():
        if folder is not None:
            refuse_with(arguments, ["realtime"], "--out, which writes a recording once it is whole")
            refuse_with(
                arguments, ["plot"], f"--out: --format {','.join(PICTURES)} draws a picture of each recording there"
            )
            if PAGE not in formats:
                refuse_without(arguments, ["no_audio"], f"--format {PAGE}")
            return read_into_folder(arguments, folder, formats)
        refuse_without(arguments, ["jobs"], "--out")
        return _read_to_stdout(arguments, require_one_format(formats))


def _read_to_stdout(arguments: argparse.Namespace, name: str) -> int:
    plots = Plots(arguments)
    if name != PAGE and not any(path.suffix.lower() == f".{PAGE}" for path in arguments.plot):
        refuse_without(arguments, ["no_audio"], f"--plot FILE.{PAGE}")
    paths = list(find_audio(arguments.paths))
    n_recordings = sum(isinstance(path, Path) for path in paths)
    require_joinable(name, n_recordings)
    plots.require_room(n_recordings)
    read = _Reader(arguments, load_stream_factory(arguments), name, plots)
    code = 0
    for path in paths:
        try:
            if isinstance(path, NoInputError):
                raise path
            if str(path) == STDIN:
                with file_of_stdin() as spooled:
                    read.recording(spooled, STDIN_NAME)
            else:
                read.recording(path, str(path))
        except NoInputError as error:
            print_line(error)
            code = error.exit_code
    if name == "text" and len(read.overviews) > 1:
        print_table(overview_table(read.overviews))
    plots.write()
    return code


class _Reader:
    """Reads recordings one by one and writes them to standard output, in one format."""

    def __init__(self, arguments: argparse.Namespace, factory: StreamFactory, form: str, plots: Plots) -> None:
        self._arguments = arguments
        self._factory = factory
        self._form = form
        self._plots = plots
        self._is_first = True
        self.overviews: list[Overview] = []

    def recording(self, path: Path, name: str) -> None:
        """One file. Raises ``NoInputError``, and ``BrokenPipeError`` once the reader of standard output has gone."""
        realtime = self._arguments.realtime
        block_s = LIVE_BLOCK_S if realtime else FAST_BLOCK_S
        collector = self._collector()
        hear = collector.push if collector else None
        source = FileSource(path, block_s=block_s, realtime=realtime, name=name, hear=hear)
        if source.note:
            print_line(source.note)
        stream = self._factory.stream(source.sample_rate_hz, stream=name, source=source.name)
        builder = TimelineBuilder(with_steps=collector is not None or (self._form in FORMATS and self._arguments.steps))
        if self._form in FORMATS:
            self._feed(source, stream, builder)
        else:
            with closing(self._streamed(source)) as output:
                sink = wanted(self._arguments, output) if self._form == "jsonl" else output
                self._feed(source, stream, sink, builder)
                require_reader(output)
        timeline = collector.added_to(builder.timeline()) if collector else builder.timeline()
        self._write(timeline)
        self._plots.add(timeline)
        self._is_first = False
        if source.trouble:
            raise NoInputError(source.trouble)

    def _collector(self) -> SoundCollector | None:
        """What keeps the sound for pictures, where there are to be any."""
        plays_alone = self._form == PAGE and not self._arguments.no_audio
        if self._plots.are_wanted or (self._form in FORMATS and FORMATS[self._form].is_picture):
            return SoundCollector(MOST_AUDIO_BYTES if plays_alone else self._plots.audio_room)
        return None

    def _write(self, timeline: Timeline) -> None:
        """What is made of a whole timeline."""
        if self._form == "text":
            self.overviews.append(overview(timeline))
        elif self._form == STRIP:
            print_to_console(lambda console: print_strip(timeline, console))
        elif self._form in FORMATS:
            form = FORMATS[self._form]
            shown = timeline if self._arguments.steps or form.is_picture else replace(timeline, steps=None)
            write_timeline(self._form, shown, sys.stdout.buffer, is_first=self._is_first)
            sys.stdout.buffer.flush()
            if self._form == PAGE and timeline.audio is not None:
                print_line(f"{timeline.source}: {HOLDS_VOICES}")

    def _streamed(self, source: FileSource) -> JsonlSink | TextSink:
        """A sink on standard output that closes the source once its reader has gone."""
        if self._form == "jsonl":
            return JsonlSink(sys.stdout.buffer, on_closed=source.close)
        return TextSink(Console(), on_closed=source.close, with_steps=self._arguments.steps)

    def _feed(self, source: FileSource, stream: EmotionStream, *sinks: Sink) -> None:
        if self._arguments.realtime:
            daemon = Daemon(source, stream, sinks)
            daemon.run()
            daemon.emit(*with_time([stream.summary()]))
            return
        for event in stream.read(source.blocks()):
            for sink in sinks:
                sink.emit(event)
