"""The signals that end a live command in order: Ctrl-C, a service manager, a terminal that is closed."""

import signal
import sys
from collections.abc import Sequence

from emostream.commands.model_watch import ModelWatch
from emostream.commands.service.manager import ServiceManager
from emostream.server.server import Server

# Windows knows no SIGHUP.
ENDING_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def exit_code(received: Sequence[int], manager: ServiceManager) -> int:
    """What a command ends with that ended by the first of these signals, or by itself.

    To be ended by SIGTERM is no failure of a service.
    """
    if not received or (manager.is_there and received[0] == signal.SIGTERM):
        return 0
    return 128 + received[0]


def reload_on_hangup(server: Server, watch: ModelWatch | None) -> None:
    """Have SIGHUP read the server's certificate and the models anew, as of a service.

    In a terminal, and where there is neither, it still ends the command.
    """
    if not (server.has_certificate or watch) or not hasattr(signal, "SIGHUP"):
        return

    def reload(*_: object) -> None:
        server.reload_certificate()
        if watch is not None:
            watch.reload()

    if not sys.stdin.isatty():
        signal.signal(signal.SIGHUP, reload)
