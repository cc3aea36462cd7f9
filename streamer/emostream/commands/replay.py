"""``emostream replay``: a recorded session once more, to whatever live events go to."""

import argparse
import signal
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

import msgspec

from emostream.commands.options.integrations import add_integration_arguments
from emostream.commands.options.log import add_log_arguments, logging_to
from emostream.commands.options.rules import refuse_with, refuse_without
from emostream.commands.options.server import add_server_arguments, require_certificate
from emostream.commands.service.manager import ServiceManager
from emostream.commands.settings import Settings
from emostream.commands.signals import ENDING_SIGNALS, exit_code
from emostream.commands.sinks import MakeControls, PressedKeys, open_sinks, output_of
from emostream.commands.stdout import require_reader
from emostream.errors import UsageError
from emostream.events import Event, Hello
from emostream.pause import PauseSwitch
from emostream.sessions.replay import Replay
from emostream.sessions.session import Session
from emostream.sinks import Sink
from emostream.sinks.dashboard.keys import Controls
from emostream.sinks.detached import DetachedSink
from emostream.sinks.fan_out import FanOut
from emostream.sinks.filtered import FilteredSink

AT_ONCE = "max"
WAIT_S = 0.002


def speed_of(text: str) -> float | None:
    """How many times as fast as it was; None for ``max``. Raises ``UsageError``."""
    if text == AT_ONCE:
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= 1e6:
        raise UsageError(f"found {text!r} for --speed, expected how many times as fast as it was, such as 4, or max")
    return speed


def add_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The command's options."""
    parser.add_argument("session", type=Path, metavar="SESSION", help="the folder of a recorded session")
    parser.add_argument(
        "--speed", default="1", metavar="N|max", help="how many times as fast as it was (default: %(default)s)"
    )
    parser.add_argument("--format", choices=("tui", "jsonl"), help="default: tui on a terminal, jsonl into a pipe")
    settings.add_option(
        parser, "--serve", False, bool, action="store_true", help="serve the widget page and the WebSocket"
    )
    add_log_arguments(parser, settings)
    add_server_arguments(parser, settings)
    add_integration_arguments(parser, settings)


def run(arguments: argparse.Namespace) -> int:
    """Replay until the session ends, the reader of a pipe goes, or Ctrl-C. Raises ``SessionError``."""
    if not arguments.serve:
        refuse_without(arguments, arguments.server_options, "--serve")
    refuse_with(arguments, ("streams", "workers"), "a session, which reads no client's audio")
    require_certificate(arguments)
    session = Session.open(arguments.session)
    output = output_of(arguments)
    interrupted: list[int] = []
    with ExitStack() as stack:
        stack.enter_context(logging_to(arguments, owns_terminal=output == "tui"))
        switch = PauseSwitch()
        if hasattr(signal, "SIGUSR1"):  # Windows knows none
            signal.signal(signal.SIGUSR1, lambda *_: switch.toggle("signal"))
        replay = Replay(session.events(), speed_of(arguments.speed), switch)

        def stop(signal_number: int, _frame: FrameType | None) -> None:
            interrupted.append(signal_number)
            replay.close()

        for signal_number in ENDING_SIGNALS:
            signal.signal(signal_number, stop)
        opened = open_sinks(
            arguments,
            None,
            stack,
            switch=switch,
            watch=None,
            make_controls=_controls_of(replay, switch),
            with_server=arguments.serve,
            output=output,
            on_closed=replay.close,
        )
        recorded = session.manifest.created
        sinks = FanOut([sink if _detached(sink) else _SaidToBeAReplay(sink, recorded) for sink in opened.sinks])
        waiting = [sink for sink in map(_detached, opened.sinks) if sink is not None]
        for event in replay:
            sinks.emit(event)
            # A session can wait, other than a microphone.
            while any(sink.is_half_full for sink in waiting) and not replay.wait(WAIT_S):
                pass
    if interrupted:
        return exit_code(interrupted, ServiceManager())
    if opened.jsonl:
        require_reader(opened.jsonl)
    return 0


def _controls_of(replay: Replay, switch: PauseSwitch) -> MakeControls:
    def toggle() -> None:
        switch.toggle("key")

    def make(pressed: PressedKeys) -> Controls:
        return Controls(pressed, on_quit=replay.close, on_pause=toggle)

    return make


class _SaidToBeAReplay:
    """Has each hello say when it was recorded: nobody shall think that somebody is being read."""

    def __init__(self, sink: Sink, recorded: str) -> None:
        self._sink = sink
        self._recorded = recorded
        self.name = sink.name

    @property
    def dropped_events(self) -> int:
        return self._sink.dropped_events

    def emit(self, event: Event) -> None:
        if isinstance(event, Hello):
            event = msgspec.structs.replace(event, recorded=self._recorded)
        self._sink.emit(event)

    def close(self) -> None:
        self._sink.close()


def _detached(sink: Sink) -> DetachedSink | None:
    """The queue before a sink that writes events down as they were, on standard output or in a log; else None."""
    inner = sink.sink if isinstance(sink, FilteredSink) else sink
    return inner if isinstance(inner, DetachedSink) else None
