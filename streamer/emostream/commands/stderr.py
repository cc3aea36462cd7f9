"""Standard error: our own lines, and not those that C libraries print there."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emostream.sinks.printable import printable

STDERR_FD = 2


def print_line(message: object) -> None:
    """One line for a person: an error or a note, with names of files escaped."""
    print(f"emostream: {printable(str(message))}", file=sys.stderr)


def stderr_descriptor() -> int:
    """Where Python's lines go now, also while those of C libraries are discarded."""
    try:
        return sys.stderr.fileno()
    except (OSError, ValueError):  # it is in memory, or closed
        return STDERR_FD


@contextmanager
def c_library_messages_hidden() -> Iterator[None]:
    """Discard what C libraries print on standard error; what Python prints there is kept.

    When a device is unplugged, PortAudio prints lines of its source code in the middle of the dashboard; the
    microphone's source reports the error itself.
    """
    python_stderr = sys.stderr
    python_stderr.flush()
    with os.fdopen(os.dup(STDERR_FD), "w", buffering=1) as stderr_copy, Path(os.devnull).open("w") as devnull:
        os.dup2(devnull.fileno(), STDERR_FD)
        sys.stderr = stderr_copy
        try:
            yield
        finally:
            sys.stderr = python_stderr
            os.dup2(stderr_copy.fileno(), STDERR_FD)
