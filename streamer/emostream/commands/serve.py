"""``emostream serve``: read the audio of browsers and other programs live, and send the labels to all clients."""

import argparse
import signal
import sys
import threading
import time
import webbrowser
from contextlib import ExitStack

from emostream.commands.live import begin_beating, run_source, stream_of
from emostream.commands.options.consent import add_consent_arguments, open_consent
from emostream.commands.options.integrations import add_integration_arguments
from emostream.commands.options.log import add_log_arguments, logging_to
from emostream.commands.options.microphone import add_microphone_arguments
from emostream.commands.options.recording import add_recording_arguments, open_recording
from emostream.commands.options.rules import refuse_without
from emostream.commands.options.server import add_server_arguments, require_certificate
from emostream.commands.options.stream import add_stream_arguments, load_stream_factory, watch_models
from emostream.commands.service.manager import ServiceManager
from emostream.commands.settings import Settings
from emostream.commands.signals import ENDING_SIGNALS, exit_code
from emostream.commands.sinks import open_sinks
from emostream.commands.stderr import c_library_messages_hidden, print_line
from emostream.errors import NoInputError
from emostream.sinks.drawing import clock
from emostream.sources.opening import open_source

BEAT_S = 1.0


def add_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The command's options."""
    add_server_arguments(parser, settings)
    parser.add_argument("--open", action="store_true", help="open the page in the browser of this machine")
    parser.add_argument("--microphone", action="store_true", help="read this machine's microphone too, as 'live'")
    add_microphone_arguments(parser, settings, waits=True)
    # A device in the settings says which microphone, and not that anybody wants it to be read.
    parser.set_defaults(usual_device=parser.get_default("device"), device=None)
    add_stream_arguments(parser, settings)
    add_consent_arguments(parser, settings)
    add_log_arguments(parser, settings)
    add_integration_arguments(parser, settings)
    add_recording_arguments(parser, settings)


def run(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl-C. Raises ``NoInputError`` if the source of ``--microphone`` or ``--device`` ends before."""
    if not arguments.microphone and not arguments.device:
        refuse_without(arguments, ("channel", "wait"), "--microphone")
    require_certificate(arguments)
    interrupted: list[int] = []
    stop = threading.Event()
    with ExitStack() as stack:
        if arguments.microphone or arguments.device:
            stack.enter_context(c_library_messages_hidden())
        # Within the other, or its last lines would find standard error exchanged.
        stack.enter_context(logging_to(arguments, owns_terminal=False))
        factory = load_stream_factory(arguments)
        source = None
        consent = open_consent(arguments)
        if arguments.microphone or arguments.device:
            device = arguments.device or arguments.usual_device
            source = open_source(device, channel=arguments.channel, wait=arguments.wait, switch=consent.switch)
            stack.callback(source.close)
            if source.trouble:
                print_line(source.trouble)

        def end(signal_number: int, _frame: object) -> None:
            interrupted.append(signal_number)
            stop.set()
            if source is not None:
                source.close()

        for signal_number in ENDING_SIGNALS:
            signal.signal(signal_number, end)
        recording = open_recording(arguments, source.name, factory.models, stack) if source else None
        make_stream = stream_of(source, arguments, recording) if source else None
        watch = watch_models(arguments, make_stream) if make_stream else None
        opened = open_sinks(
            arguments,
            factory,
            stack,
            switch=consent.switch if source else None,
            watch=watch,
            with_server=True,
            output=None,
            on_closed=stop.set,
            recording=recording.sink if recording else None,
        )
        if arguments.open and opened.server is not None:
            webbrowser.open(opened.server.address)
        if sys.stderr.isatty():  # a program that reads lines needs no goodbye
            stack.callback(_say_goodbye, time.monotonic())
        manager = ServiceManager()
        beat = begin_beating(consent, opened, manager, stack)
        if source is None or make_stream is None or watch is None:
            # A signal that another thread gets does not end a wait without a limit.
            while not stop.wait(BEAT_S):
                beat()
        else:
            run_source(source, make_stream(factory), opened, consent, watch=watch, beat=beat)
            if source.trouble and not interrupted:
                raise NoInputError(source.trouble)
    return exit_code(interrupted, manager)


def _say_goodbye(began_s: float) -> None:
    print_line(f"ended after {clock(1000 * (time.monotonic() - began_s))[:-2]}")
