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
    factory: StreamFactory,
    stack: ExitStack,
    *,
    switch: PauseSwitch | None,
    watch: ModelWatch | None,
    source: Source | None = None,
    with_server: bool,
    output: str | None,
    on_closed: Callable[[], None],
) -> LiveSinks:
    """The sinks that the options ask for, closed with ``stack``; raises as the functions that open each.

    It changes what SIGHUP does, so signals that end the command are handled before.

    ``switch`` pauses the command's own ``source``, if it has one, which the keys of the dashboard end and change;
    ``watch`` reads its models anew. ``output`` is what standard output shows: ``tui`` or ``jsonl``, None for nothing.
    ``on_closed`` is called once standard output takes no more and there is no other sink.
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
        pressed = stack.enter_context(pressed_keys()) if source is not None and switch is not None else None
        controls = dashboard_controls(pressed, source, switch) if pressed and source and switch else None
        shown = Dashboard(Console(), served_at=server.address if server else None, controls=controls)
    if shown is not None:
        stack.callback(shown.close)
    others = [*([shown] if shown else []), *integrations]
    if server is not None:
        sinks.append(server)
        for sink in others:
            server.count_sink(sink)
    sinks += others
    return LiveSinks(tuple(sinks), server, jsonl)


def dashboard_controls(pressed: Callable[[], str], source: Source, switch: PauseSwitch) -> Controls:
    """What the keys of the dashboard reach."""

    def toggle() -> None:
        switch.toggle("key")

    if not isinstance(source, MicrophoneSource):
        return Controls(pressed, on_quit=source.close, on_pause=toggle)

    def names() -> list[str]:
        return [device.full_name for device in list_devices_apart()]

    return Controls(pressed, source.close, toggle, devices=names, on_device=source.choose)


def _stdout_closed(jsonl: JsonlSink | None, sinks: list[Sink], end: Callable[[], None]) -> None:
    """Standard output takes no more: the command ends, unless another sink is served."""
    if len(sinks) <= 1:
        end()
        return
    failure = jsonl.failure if jsonl else None
    cause = "its reader has gone" if isinstance(failure, BrokenPipeError) else failure
    _logger.warning("standard output gets no more events (%s); all else is served on", cause)


def output_of(arguments: argparse.Namespace) -> str:
    """What ``listen`` shows: ``--format``, else the dashboard on a terminal and JSON lines elsewhere."""
    return arguments.format or ("tui" if sys.stdout.isatty() else "jsonl")
