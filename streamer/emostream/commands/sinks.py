"""The sinks of a live command: one list, for ``listen`` and ``serve`` alike."""

import argparse
import logging
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from rich.console import Console

from emostream.commands.keys import pressed_keys
from emostream.commands.model_watch import ModelWatch
from emostream.commands.options.event_log import wanted
from emostream.commands.options.integrations import open_integrations
from emostream.commands.options.server import open_server, print_address
from emostream.commands.signals import reload_on_hangup
from emostream.pause import PauseSwitch
from emostream.pipeline.factory import StreamFactory
from emostream.server.server import Server
from emostream.sinks import Sink
from emostream.sinks.dashboard.keys import Controls
from emostream.sinks.dashboard.screen import Dashboard
from emostream.sinks.detached import DetachedSink
from emostream.sinks.jsonl import JsonlSink
from emostream.sources import Source
from emostream.sources.devices import list_devices_apart
from emostream.sources.microphone import MicrophoneSource

STDOUT_FD = 1
PressedKeys = Callable[[], str]
MakeControls = Callable[[PressedKeys], Controls]

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LiveSinks:
    """All sinks of a command; ``server`` and ``jsonl`` are the two whose state the command reads."""

    sinks: tuple[Sink, ...]
    server: Server | None = None
    jsonl: JsonlSink | None = None

    @property
    def is_alive(self) -> bool:
        """Whether the server's threads go on, if there is one."""
        return self.server is None or self.server.is_alive

    @property
    def clients(self) -> int:
        """How many clients are connected to the server now."""
        return self.server.clients if self.server else 0


def open_sinks(
    arguments: argparse.Namespace,
    factory: StreamFactory | None,
    stack: ExitStack,
    *,
    switch: PauseSwitch | None,
    watch: ModelWatch | None,
    make_controls: MakeControls | None = None,
    with_server: bool,
    output: str | None,
    on_closed: Callable[[], None],
    recording: Sink | None = None,
) -> LiveSinks:
    """The sinks that the options ask for, closed with ``stack``; raises as the functions that open each.

    It changes what SIGHUP does, so signals that end the command are handled before.

    ``switch`` pauses the command's own source, if it has one; ``make_controls`` says what the keys of the dashboard
    reach, given what tells those that were pressed. ``watch`` reads its models anew; without a ``factory`` no client
    may send audio. ``output`` is what standard output shows: ``tui`` or ``jsonl``, None for nothing. ``on_closed`` is
    called once standard output takes no more and there is no other sink. ``recording`` is a sink that is open already.
    """
    integrations = open_integrations(arguments, switch, stack)
    server = open_server(arguments, factory, switch) if with_server else None
    if server is not None:
        stack.callback(server.close)
        reload_on_hangup(server, watch)  # before anybody is told that it serves
        if output != "tui":
            print_address(server, arguments)
    sinks: list[Sink] = []
    jsonl: JsonlSink | None = None
    shown: Sink | None = None
    if output == "jsonl":
        raw = open(STDOUT_FD, "wb", buffering=0, closefd=False)  # noqa: SIM115 - the process's own stdout
        jsonl = JsonlSink(raw, on_closed=lambda: _stdout_closed(jsonl, sinks, on_closed))
        shown = wanted(arguments, DetachedSink(jsonl))
    elif output == "tui":
        pressed = stack.enter_context(pressed_keys()) if make_controls else None
        controls = make_controls(pressed) if make_controls and pressed else None
        shown = Dashboard(Console(), served_at=server.address if server else None, controls=controls)
    if shown is not None:
        stack.callback(shown.close)
    others = [sink for sink in (shown, recording, *integrations) if sink is not None]
    if server is not None:
        sinks.append(server)
        for sink in others:
            server.count_sink(sink)
    sinks += others
    return LiveSinks(tuple(sinks), server, jsonl)


def controls_of(source: Source, switch: PauseSwitch) -> MakeControls:
    """What the keys of the dashboard do with a source, which ``switch`` pauses."""

    def toggle() -> None:
        switch.toggle("key")

    def names() -> list[str]:
        return [device.full_name for device in list_devices_apart()]

    def make(pressed: PressedKeys) -> Controls:
        if not isinstance(source, MicrophoneSource):
            return Controls(pressed, on_quit=source.close, on_pause=toggle)
        return Controls(pressed, source.close, toggle, devices=names, on_device=source.choose)

    return make


def _stdout_closed(jsonl: JsonlSink | None, sinks: list[Sink], end: Callable[[], None]) -> None:
    """Standard output takes no more: the command ends, unless another sink is served."""
    if len(sinks) <= 1:
        end()
        return
    failure = jsonl.failure if jsonl else None
    cause = "its reader has gone" if isinstance(failure, BrokenPipeError) else failure
    _logger.warning("standard output gets no more events (%s); all else is served on", cause)


def output_of(arguments: argparse.Namespace, elsewhere: str | None = "jsonl") -> str | None:
    """What standard output shows: ``--format``, else the dashboard on a terminal and ``elsewhere`` in other places."""
    asked: str | None = arguments.format
    return asked or ("tui" if sys.stdout.isatty() else elsewhere)
