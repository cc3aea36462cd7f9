"""``emostream`` with a clock that runs many times as fast as it should, so that a day of it takes an hour.

    env = fast_clock.environment(pace); [*fast_clock.COMMAND, "listen", …]

libfaketime (apt install faketime) makes clocks faster and sleeps shorter. It does not know the call by which Python's
locks wait for a while (sem_clockwait), so here they are made of ``poll``, and ``Thread.join`` looks again and again.
"""

import os
import queue
import select
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

COMMAND = (sys.executable, "-m", "bench.fast_clock")
LOOK_S = 0.02
_LIBRARY = "faketime/libfaketimeMT.so.1"


def environment(pace: int) -> dict[str, str]:
    """What a process needs whose clock is to run ``pace`` times as fast. Raises ``SystemExit`` without libfaketime."""
    found = next(Path("/usr/lib").glob(f"*/{_LIBRARY}"), None)
    if found is None:
        raise SystemExit("libfaketime was not found: apt install faketime")
    return {"LD_PRELOAD": str(found), "FAKETIME": f"+0 x{pace}", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


class PolledLock:
    """In place of ``threading.Lock``."""

    def __init__(self) -> None:
        self._free = os.eventfd(1, os.EFD_NONBLOCK)
        self._poll = select.poll()
        self._poll.register(self._free, select.POLLIN)

    def __del__(self) -> None:
        os.close(self._free)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """As ``threading.Lock.acquire``; ``timeout`` in seconds of the fast clock."""
        until_s = None if timeout < 0 else time.monotonic() + timeout
        while True:
            with suppress(BlockingIOError):  # another thread was quicker
                os.eventfd_read(self._free)
                return True
            left_s = None if until_s is None else until_s - time.monotonic()
            if not blocking or (left_s is not None and left_s <= 0):
                return False
            self._poll.poll(None if left_s is None else 1000 * left_s)

    def release(self) -> None:
        """As ``threading.Lock.release``."""
        os.eventfd_write(self._free, 1)

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class JoinedThread(threading.Thread):
    """Gives ``join`` with a timeout of the fast clock."""

    def join(self, timeout: float | None = None) -> None:
        """As ``threading.Thread.join``."""
        if timeout is None:
            super().join()
            return
        until_s = time.monotonic() + timeout
        while self.is_alive() and time.monotonic() < until_s:
            time.sleep(LOOK_S)


def main() -> int:
    """The command line of ``emostream``."""
    threading.Thread = JoinedThread  # type: ignore[misc]
    threading.Lock = threading._allocate_lock = PolledLock  # type: ignore[assignment, attr-defined, misc]
    queue.SimpleQueue = queue._PySimpleQueue  # type: ignore[assignment, attr-defined, misc]
    from emostream.cli import main as emostream

    return emostream()


if __name__ == "__main__":
    raise SystemExit(main())
