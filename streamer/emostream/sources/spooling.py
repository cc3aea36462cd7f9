"""A sound file that comes through standard input, kept until it is whole: most formats are not read from a pipe."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emostream.errors import UsageError

STDIN_NAME = "standard input"


@contextmanager
def file_of_stdin() -> Iterator[Path]:
    """All of standard input as a file: in memory on Linux, elsewhere a temporary one that is removed afterwards.

    Raises ``UsageError`` for a terminal.
    """
    if sys.stdin.isatty():
        raise UsageError("standard input is a terminal: expected a sound file, such as `emostream file - < clip.flac`")
    if sys.platform == "linux":
        with os.fdopen(os.memfd_create("stdin"), "w+b") as memory:
            shutil.copyfileobj(sys.stdin.buffer, memory)
            memory.flush()
            yield Path(f"/proc/self/fd/{memory.fileno()}")
    else:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "stdin")
            with path.open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
            yield path
