import json
import logging
import os
import sys
from datetime import datetime

import pytest

from emostream.commands.log_format import formatter_of, is_journal


def record(message: str = "it has gone", level: int = logging.WARNING, *, fault: bool = False) -> logging.LogRecord:
    exc_info = None
    if fault:
        try:
            int("a fault\nof two lines")
        except ValueError:
            exc_info = sys.exc_info()
    return logging.LogRecord("emostream.daemon", level, __file__, 1, message, None, exc_info)


def test_text_has_time_level_place_and_message() -> None:
    line = formatter_of("text", in_journal=False).format(record())
    time, rest = line.split(" ", 1)
    assert datetime.fromisoformat(time).utcoffset() is not None
    assert rest == "warning daemon: it has gone"


def test_a_name_with_commands_for_the_terminal_stays_one_line() -> None:
    line = formatter_of("text", in_journal=False).format(record("microphone \x1b[2J\nemostream: all is well"))
    assert "\x1b" not in line
    assert "\n" not in line


def test_json_is_one_line_with_the_trace_in_it() -> None:
    line = formatter_of("json", in_journal=False).format(record("ü %", logging.ERROR, fault=True))
    assert "\n" not in line
    said = json.loads(line)
    assert (said["level"], said["logger"], said["message"]) == ("error", "daemon", "ü %")
    assert said["trace"].startswith("Traceback")
    assert set(json.loads(formatter_of("json", in_journal=False).format(record()))) == {
        "ts",
        "level",
        "logger",
        "message",
    }


@pytest.mark.parametrize(
    ("level", "priority"),
    [(logging.DEBUG, 7), (logging.INFO, 6), (logging.WARNING, 4), (logging.ERROR, 3), (logging.CRITICAL, 2)],
)
def test_the_journal_is_told_the_level_of_every_line(level: int, priority: int) -> None:
    text = formatter_of("text", in_journal=True).format(record(level=level, fault=True))
    lines = text.splitlines()
    assert lines[0] == f"<{priority}>daemon: it has gone"
    assert len(lines) > 3
    assert all(line.startswith(f"<{priority}>") for line in lines)
    only = formatter_of("json", in_journal=True).format(record(level=level))
    assert json.loads(only.removeprefix(f"<{priority}>"))["message"] == "it has gone"


def test_the_journal_is_known_by_its_device_and_inode() -> None:
    reader, writer = os.pipe()
    try:
        found = os.fstat(writer)
        assert is_journal(writer, {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"})
        assert not is_journal(reader, {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino + 1}"})
        assert not is_journal(writer, {})
    finally:
        os.close(reader)
        os.close(writer)
    assert not is_journal(writer, {"JOURNAL_STREAM": "0:0"})
