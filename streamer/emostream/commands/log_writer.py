"""Where the log's lines are written: from a thread of its own, so that nobody waits for a disk or a slow reader."""

import logging
import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

CAPACITY = 1000
CLOSE_TIMEOUT_S = 2.0
_MODE = 0o600

Write = Callable[[str], None]


class DetachedHandler(logging.Handler):
    """Hands formatted records to ``write`` from its own thread; beyond ``capacity`` the oldest are dropped and counted.

    While ``is_held`` is set nothing is written: a screen has the terminal. What ``write`` cannot write is lost too:
    there is no other place where that could be said.
    """

    def __init__(self, write: Write, capacity: int = CAPACITY) -> None:
        super().__init__()
        self._write = write
        self._capacity = capacity
        self._changed = threading.Condition(threading.RLock())
        self._lines: deque[str] = deque()
        self._dropped = 0
        self._is_held = False
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def hold(self, is_held: bool) -> None:
        """Keep lines, or let them go."""
        with self._changed:
            self._is_held = is_held
            self._changed.notify()

    def emit(self, record: logging.LogRecord) -> None:
        """Queue a record and return at once."""
        try:
            line = self.format(record)
        except Exception:  # such as a message that does not fit its arguments
            self.handleError(record)
            return
        with self._changed:
            if len(self._lines) >= self._capacity:
                self._lines.popleft()
                self._dropped += 1
            self._lines.append(line)
            self._changed.notify()

    def close(self) -> None:
        """Write what is left, for a while."""
        with self._changed:
            self._closing, self._is_held = True, False
            self._changed.notify()
        self._thread.join(CLOSE_TIMEOUT_S)
        super().close()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or (self._lines and not self._is_held))
                if not self._lines:
                    return
                text = "".join(f"{line}\n" for line in self._lines)
                if self._dropped:
                    text = f"({self._dropped} lines of the log were lost before these)\n{text}"
                self._lines.clear()
                self._dropped = 0
            try:
                self._write(text)
            except OSError:
                continue


def write_to_stderr(text: str) -> None:
    """Without the buffer of ``sys.stderr``: a write that never ends would keep it locked at exit."""
    stream = sys.stderr
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):  # it is in memory, or closed
        stream.write(text)
        return
    unwritten = text.encode(errors="backslashreplace")
    while unwritten:
        unwritten = unwritten[os.write(descriptor, unwritten) :]


def write_to_file(path: Path) -> Write:
    """Append to a file that is opened for each write, so that it may be moved away while this runs (logrotate).

    Raises ``OSError`` for one that cannot be opened.
    """

    def write(text: str) -> None:
        with open(path, "a", encoding="utf-8", errors="backslashreplace", opener=_open_private) as file:
            file.write(text)

    write("")
    return write


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, _MODE)
