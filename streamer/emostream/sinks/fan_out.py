"""One event to many sinks, of which each may fall alone."""

import logging
from collections.abc import Sequence

from emostream.events import Event
from emostream.sinks import Sink

_logger = logging.getLogger(__name__)


class FanOut:
    """Hands each event to every sink. One that raises is logged and gets no more; the others go on."""

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self._sinks = sinks
        self._failed: list[Sink] = []
        self._undelivered = 0

    @property
    def dropped_events(self) -> int:
        """The events that sinks dropped, and those that failed ones did not get."""
        return self._undelivered + sum(sink.dropped_events for sink in self._sinks)

    def emit(self, event: Event) -> None:
        """Hand an event on."""
        for sink in self._sinks:
            if sink in self._failed:
                self._undelivered += 1
                continue
            try:
                sink.emit(event)
            except Exception:
                self._failed.append(sink)
                self._undelivered += 1
                _logger.exception("%s failed and gets no more events", sink.name)
