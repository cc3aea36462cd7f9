"""The log of commands that run for long: how much of it, in which form, and where to."""

import argparse
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emostream.commands.log_format import formatter_of, is_journal
from emostream.commands.log_writer import DetachedHandler, write_to_file, write_to_stderr
from emostream.commands.settings import Settings
from emostream.commands.stderr import stderr_descriptor
from emostream.errors import UsageError

LEVELS = ("debug", "info", "warning", "error")
# Ours, and what asyncio says of a fault that nobody caught.
_LOGGERS = ("emostream", "asyncio")

_logger = logging.getLogger(__name__)


def add_log_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """What is logged, how, and where."""
    group = parser.add_argument_group("log")
    settings.add_option(
        group,
        "--log-level",
        "warning",
        choices=LEVELS,
        help="info has a line when a microphone, a client or a model comes or goes (default: %(default)s)",
    )
    settings.add_option(group, "--log-format", "text", choices=("text", "json"), help="default: %(default)s")
    settings.add_option(
        group,
        "--log-file",
        kind=Path,
        metavar="FILE",
        help="default: standard error, with priorities where that is journald; at the end where the dashboard is shown",
    )


@contextmanager
def logging_to(arguments: argparse.Namespace, *, owns_terminal: bool) -> Iterator[None]:
    """Log while the block runs, internal faults of threads with their trace included.

    With ``owns_terminal`` something draws on the terminal: lines for it wait until the block ends. Raises
    ``UsageError`` for a file that cannot be written.
    """
    handler = _handler(arguments)
    handler.hold(owns_terminal and not arguments.log_file and sys.stderr.isatty())
    level = arguments.log_level.upper()
    handler.setLevel(level)
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels = [logger.level for logger in loggers]
    excepthook = threading.excepthook
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(level)
    logging.getLogger("asyncio").setLevel(logging.WARNING)  # below that it speaks of itself
    threading.excepthook = _log_fault
    try:
        yield
    finally:
        threading.excepthook = excepthook
        for logger, before in zip(loggers, levels, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(before)
        handler.close()


def _handler(arguments: argparse.Namespace) -> DetachedHandler:
    path: Path | None = arguments.log_file
    if path is None:
        handler = DetachedHandler(write_to_stderr)
        in_journal = is_journal(stderr_descriptor(), os.environ)
    else:
        try:
            handler = DetachedHandler(write_to_file(path))
        except OSError as error:
            raise UsageError(f"found {path} for --log-file, expected a file to write to: {error.strerror}") from error
        in_journal = False
    handler.setFormatter(formatter_of(arguments.log_format, in_journal=in_journal))
    return handler


def _log_fault(fault: threading.ExceptHookArgs) -> None:
    if fault.exc_value is not None and not isinstance(fault.exc_value, SystemExit):
        name = fault.thread.name if fault.thread else "unknown"
        _logger.error("the thread %s ended by a fault", name, exc_info=fault.exc_value)
