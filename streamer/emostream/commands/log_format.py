"""What a line of the log looks like: text or JSON, and how journald is told its level."""

import json
import logging
import os
from collections.abc import Mapping
from datetime import UTC, datetime

from emostream.sinks.printable import printable

_PACKAGE = "emostream."
# RFC 5424, as sd-daemon(3) has them.
_PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6), (logging.DEBUG, 7))


class TextFormatter(logging.Formatter):
    """``2026-11-28T07:00:00.000Z warning daemon: the message``, then the trace of an internal fault."""

    def __init__(self, *, with_time: bool = True) -> None:
        super().__init__()
        self._with_time = with_time

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        words = [_time(record), record.levelname.lower()] if self._with_time else []
        line = " ".join([*words, f"{_short_name(record)}: {printable(record.getMessage())}"])
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonFormatter(logging.Formatter):
    """One object a line: ``ts``, ``level``, ``logger``, ``message``, and ``trace`` of an internal fault."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        fields = {
            "ts": _time(record),
            "level": record.levelname.lower(),
            "logger": _short_name(record),
            "message": record.getMessage(),
        }
        if record.exc_info:
            fields["trace"] = self.formatException(record.exc_info)
        return json.dumps(fields, ensure_ascii=False)


class JournalFormatter(logging.Formatter):
    """Lines of another formatter, each with its level as journald reads it: ``<4>daemon: the message``."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        """The record with the level before each of its lines."""
        priority = next((number for level, number in _PRIORITIES if record.levelno >= level), 7)
        return "\n".join(f"<{priority}>{line}" for line in self._inner.format(record).splitlines())


def formatter_of(name: str, *, in_journal: bool) -> logging.Formatter:
    """The formatter for ``text`` or ``json``; the journal keeps the time and the level of each line by itself."""
    plain = JsonFormatter() if name == "json" else TextFormatter(with_time=not in_journal)
    return JournalFormatter(plain) if in_journal else plain


def is_journal(descriptor: int, environment: Mapping[str, str]) -> bool:
    """Whether journald reads this descriptor: ``JOURNAL_STREAM`` names its device and inode (systemd.exec(5))."""
    try:
        found = os.fstat(descriptor)
    except OSError:
        return False
    return environment.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


def _time(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _short_name(record: logging.LogRecord) -> str:
    return record.name.removeprefix(_PACKAGE)
