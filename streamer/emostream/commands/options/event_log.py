"""The options of the events' log: ``--log FILE`` beside whatever else is shown, and which events go into it."""

import argparse
import re
from pathlib import Path

from emostream.commands.options.rules import refuse_without
from emostream.commands.settings import Settings
from emostream.errors import UsageError
from emostream.events import TYPES
from emostream.sinks import Sink
from emostream.sinks.detached import DetachedSink
from emostream.sinks.filtered import FilteredSink, checked_types
from emostream.sinks.log_file import LogFile

_UNITS = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3}
_LEAST_BYTES = 10_000


def add_events_argument(parser: argparse._ActionsContainer, settings: Settings) -> None:
    """``--events``, of every command that writes JSON lines."""
    settings.add_option(
        parser,
        "--events",
        metavar="TYPE,…",
        help=f"only these events in JSON lines, beside each hello: some of {', '.join(TYPES)} (default: all)",
    )


def add_event_log_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The options of every live command."""
    group = parser.add_argument_group("a log of the events")
    settings.add_option(
        group, "--log", kind=Path, metavar="FILE", help="append events to a file or a named pipe as JSON lines"
    )
    settings.add_option(
        group,
        "--log-max-size",
        "100M",
        metavar="SIZE",
        help="a file that would grow larger becomes FILE.1, that one FILE.2 and so on; K, M and G are thousands, "
        "millions and billions of bytes (default: %(default)s)",
    )
    settings.add_option(
        group, "--log-keep", 5, int, metavar="N", help="how many of those are kept (default: %(default)s)"
    )
    add_events_argument(group, settings)


def open_event_log(arguments: argparse.Namespace) -> Sink | None:
    """The log that the options ask for, or None. Raises ``UsageError``."""
    if not arguments.log:
        refuse_without(arguments, ("log_max_size", "log_keep"), "--log")
        return None
    if arguments.log_keep < 0:
        raise UsageError(f"found {arguments.log_keep} for --log-keep, expected 0 or more")
    log = LogFile(arguments.log, _size_in_bytes(arguments.log_max_size), arguments.log_keep)
    checked_types(arguments.events or "hello", "--events")
    try:
        log.open()
    except OSError as error:
        raise UsageError(
            f"{arguments.log} cannot be written ({error.strerror}): expected a file in a folder that is there"
        ) from error
    return wanted(arguments, DetachedSink(log))


def wanted(arguments: argparse.Namespace, sink: Sink) -> Sink:
    """The sink, given only the events that ``--events`` asks for. Raises ``UsageError``."""
    if not arguments.events:
        return sink
    return FilteredSink(sink, checked_types(arguments.events, "--events"))


def _size_in_bytes(text: str) -> int:
    parts = re.fullmatch(r"(\d+)([KMG]?)B?", text.strip().upper())
    size = int(parts[1]) * _UNITS[parts[2]] if parts else 0
    if size < _LEAST_BYTES:
        raise UsageError(f"found {text!r} for --log-max-size, expected a size from 10K up, such as 500K, 100M or 2G")
    return size
