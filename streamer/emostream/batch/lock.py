"""One process at a time writes into a folder."""

import os
from pathlib import Path

from emostream.errors import UsageError


def lock_folder(folder: Path) -> int | None:
    """A descriptor that holds the folder until it is closed; None where the system has no such locks.

    Raises ``UsageError`` where another process holds it, and ``OSError`` where there is no such folder.
    """
    try:
        import fcntl
    except ModuleNotFoundError:
        return None
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise UsageError(
            f"{folder} is being written by another emostream: wait for its end, or name another folder"
        ) from None
    except OSError:  # a disk on the network may have no locks
        os.close(descriptor)
        return None
    return descriptor
