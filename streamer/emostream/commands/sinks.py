"""The sinks of a live command: one list, for ``listen`` and ``serve`` alike."""

import argparse
import logging
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from rich.console import Console

from emostream.commands.server_options import open_server, print_address
from emostream.commands.signals import reload_on_hangup
from emostream.pause import PauseSwitch
from emostream.pipeline.factory import StreamFactory
from emostream.server.server import Server
from emostream.sinks import Sink
from emostream.sinks.dashboard.screen import Dashboard
from emostream.sinks.detached import DetachedSink
from emostream.sinks.jsonl import JsonlSink

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
    with_server: bool,
    output: str | None,
    on_closed: Callable[[], None],
) -> LiveSinks:
    """The sinks that the options ask for, closed with ``stack``; raises as ``open_server`` does.

    It changes what SIGHUP does, so signals that end the command are handled before.

    ``switch`` pauses the command's own source, if it has one. ``output`` is what standard output shows: ``tui`` or
    ``jsonl``, None for nothing. ``on_closed`` is called once standard output takes no more and there is
    no other sink.
    """
    server = open_server(arguments, factory, switch) if with_server else None
    if server is not None:
        stack.callback(server.close)
        reload_on_hangup(server)  # before anybody is told that it serves
        if output != "tui":
            print_address(server, arguments)
    sinks: list[Sink] = []
    jsonl: JsonlSink | None = None
    shown: Sink | None = None
    if output == "jsonl":
        raw = open(STDOUT_FD, "wb", buffering=0, closefd=False)  # noqa: SIM115 - the process's own stdout
        jsonl = JsonlSink(raw, on_closed=lambda: _stdout_closed(jsonl, sinks, on_closed))
        shown = DetachedSink(jsonl)
    elif output == "tui":
        shown = Dashboard(Console(), served_at=server.address if server else None)
    if shown is not None:
        stack.callback(shown.close)
    sinks += [sink for sink in (server, shown) if sink is not None]
    if server is not None and shown is not None:
        server.count_sink(shown)
    return LiveSinks(tuple(sinks), server, jsonl)


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
