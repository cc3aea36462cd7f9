"""Standard error belongs to Python alone while a microphone runs."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STDERR_FD = 2


@contextmanager
def c_library_messages_hidden() -> Iterator[None]:
    """What C libraries print on standard error goes nowhere, what Python prints there arrives.

    PortAudio prints its own source lines when a device goes, in the middle of the dashboard; what went wrong is said
    by the microphone's source.
    """
    before = sys.stderr
    before.flush()
    with os.fdopen(os.dup(STDERR_FD), "w", buffering=1) as ours, Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), STDERR_FD)
        sys.stderr = ours
        try:
            yield
        finally:
            sys.stderr = before
            os.dup2(ours.fileno(), STDERR_FD)
