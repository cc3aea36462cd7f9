"""Telling a service manager how we are (sd_notify(3)): ready, at work, stopping."""

import os
import socket
import time
from collections.abc import Callable, Mapping


class ServiceManager:
    """What started this process and listens at ``$NOTIFY_SOCKET``; where nothing does, all of this does nothing.

    ``feed`` is to be called by the work that must not stop, as often as it likes. ``clock`` gives seconds.
    """

    def __init__(
        self, environment: Mapping[str, str] = os.environ, clock: Callable[[], float] = time.monotonic
    ) -> None:
        path = environment.get("NOTIFY_SOCKET", "")
        self._address = f"\0{path[1:]}" if path.startswith("@") else path
        is_for_us = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        limit = environment.get("WATCHDOG_USEC", "") if is_for_us else ""
        # Half of the limit, as sd_watchdog_enabled(3) advises.
        self._feed_every_s = int(limit) / 2e6 if limit.isdigit() else None
        self._clock = clock
        self._fed_s = -float("inf")

    @property
    def is_there(self) -> bool:
        """Whether a service manager started this process: then to be ended by it is no failure."""
        return bool(self._address)

    def ready(self) -> None:
        """What the process is for can be had now."""
        self._send("READY=1")

    def feed(self) -> None:
        """The work goes on."""
        if self._feed_every_s is not None and self._clock() - self._fed_s >= self._feed_every_s:
            self._fed_s = self._clock()
            self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """The process ends by itself."""
        self._send("STOPPING=1")

    def _send(self, state: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
                sock.setblocking(False)
                sock.sendto(state.encode(), self._address)
        except OSError:  # it is gone, or takes nothing: there is nobody to tell
            return
