"""``emostream listen``: the microphone (or raw PCM on stdin) read live, shown here and served to others."""

import argparse
import signal
from contextlib import ExitStack
from types import FrameType

from emostream import assets
from emostream.commands.live import begin_beating, run_source, stream_of
from emostream.commands.options.consent import add_consent_arguments, open_consent
from emostream.commands.options.integrations import add_integration_arguments
from emostream.commands.options.log import add_log_arguments, logging_to
from emostream.commands.options.microphone import add_microphone_arguments
from emostream.commands.options.pcm import PCM_OPTIONS, add_pcm_arguments, pcm_format
from emostream.commands.options.recording import add_recording_arguments, open_recording
from emostream.commands.options.rules import refuse_with, refuse_without
from emostream.commands.options.server import add_server_arguments, require_certificate
from emostream.commands.options.stream import add_stream_arguments, load_stream_factory, watch_models
from emostream.commands.service.manager import ServiceManager
from emostream.commands.settings import Settings
from emostream.commands.signals import ENDING_SIGNALS, exit_code
from emostream.commands.sinks import controls_of, open_sinks, output_of
from emostream.commands.stderr import c_library_messages_hidden, print_line
from emostream.commands.stdout import require_reader
from emostream.errors import NoInputError, UnavailableError
from emostream.pause import PauseSwitch
from emostream.sources import Source
from emostream.sources.file import FileSource
from emostream.sources.opening import STDIN, open_source

DEMO_BLOCK_S = 0.05


def add_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The command's options."""
    parser.add_argument("stdin", nargs="?", choices=[STDIN], help="read raw PCM from stdin instead of a microphone")
    add_listening_arguments(parser, settings)
    add_recording_arguments(parser, settings)


def add_listening_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """What is read, how, and where it is shown."""
    add_microphone_arguments(parser, settings, waits=False)
    add_stream_arguments(parser, settings)
    add_consent_arguments(parser, settings)
    add_log_arguments(parser, settings)
    parser.add_argument("--format", choices=("tui", "jsonl"), help="default: tui on a terminal, jsonl into a pipe")
    settings.add_option(
        parser,
        "--serve",
        False,
        bool,
        action="store_true",
        help="serve the widget page and the WebSocket, as 'emostream serve' does",
    )
    add_pcm_arguments(parser)
    parser.add_argument(
        "--or-demo", action="store_true", help="where there is no microphone, say so and play the bundled recording"
    )
    add_server_arguments(parser, settings)
    add_integration_arguments(parser, settings)


def run(arguments: argparse.Namespace) -> int:
    """Listen until the source ends, the reader of a pipe goes, or Ctrl-C.

    Raises ``NoInputError`` where raw PCM ends within a sample, after what came before it.
    """
    return listen(arguments, output_of(arguments))


def listen(arguments: argparse.Namespace, output: str | None, *, is_for_recording: bool = False) -> int:
    """As ``run``; ``output`` is what standard output shows. A command that is for recording ends where that does."""
    _require_sense(arguments)
    interrupted: list[int] = []
    with ExitStack() as stack:
        stack.enter_context(c_library_messages_hidden())
        # Within the other, or its last lines would find standard error exchanged.
        stack.enter_context(logging_to(arguments, owns_terminal=output == "tui"))
        factory = load_stream_factory(arguments)
        consent = open_consent(arguments)
        source = _open_source(arguments, consent.switch)
        stack.callback(source.close)
        if source.trouble:
            print_line(source.trouble)

        def stop(signal_number: int, _frame: FrameType | None) -> None:
            interrupted.append(signal_number)
            source.close()

        for signal_number in ENDING_SIGNALS:
            signal.signal(signal_number, stop)

        on_failed = source.close if is_for_recording else _go_on
        recording = open_recording(arguments, source.name, factory.models, stack, on_failed)
        make_stream = stream_of(source, arguments, recording)
        watch = watch_models(arguments, make_stream)
        opened = open_sinks(
            arguments,
            factory,
            stack,
            switch=consent.switch,
            watch=watch,
            make_controls=controls_of(source, consent.switch),
            with_server=arguments.serve,
            output=output,
            on_closed=source.close,
            recording=recording.sink if recording else None,
        )
        manager = ServiceManager()
        beat = begin_beating(consent, opened, manager, stack)
        run_source(source, make_stream(factory), opened, consent, watch=watch, beat=beat)
    if interrupted:
        return exit_code(interrupted, manager)
    if recording and is_for_recording:
        recording.require_whole()
    if opened.jsonl:
        require_reader(opened.jsonl)
    if source.trouble:
        raise NoInputError(source.trouble)
    return 0


def _go_on() -> None:
    """A recording that has ended is no reason to end."""


def _require_sense(arguments: argparse.Namespace) -> None:
    if not arguments.serve:
        refuse_without(arguments, arguments.server_options, "--serve")
    require_certificate(arguments)
    if STDIN in (arguments.stdin, arguments.device):
        refuse_with(arguments, ("channel", "wait", "or_demo"), "-, which is standard input")
    else:
        refuse_without(arguments, PCM_OPTIONS, "-, which is standard input")


def _open_source(arguments: argparse.Namespace, switch: PauseSwitch) -> Source:
    device = arguments.stdin or arguments.device
    wait = arguments.wait and not arguments.or_demo
    try:
        return open_source(device, pcm_format(arguments), channel=arguments.channel, wait=wait, switch=switch)
    except UnavailableError as error:
        if not arguments.or_demo:
            raise
        print_line(f"{error}; playing the bundled recording instead")
        return FileSource(assets.DEMO_RECORDING, block_s=DEMO_BLOCK_S, realtime=True)
