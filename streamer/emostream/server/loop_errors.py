"""What the event loop reports by itself: a lack of descriptors is one line a minute, all else is left to asyncio."""

import asyncio
import errno
import logging
import time
from typing import Any

_SAY_AGAIN_S = 60.0
_OUT_OF = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}

_logger = logging.getLogger(__name__)


class LoopErrors:
    """The exception handler of one loop. asyncio tries a hundred times a second, and reports each with its code."""

    def __init__(self) -> None:
        self._said_s: float | None = None

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Handle what ``loop.call_exception_handler`` was given."""
        error = context.get("exception")
        if not (isinstance(error, OSError) and error.errno in _OUT_OF and "accept" in context.get("message", "")):
            loop.default_exception_handler(context)
        elif self._said_s is None or time.monotonic() - self._said_s >= _SAY_AGAIN_S:
            self._said_s = time.monotonic()
            _logger.error("new connections wait (%s): raise the limit of open files, as with ulimit -n", error.strerror)
