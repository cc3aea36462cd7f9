"""A sink on a thread of its own: a slow reader loses events and never delays the microphone."""

import logging
import threading
from collections import deque

from emostream.events import Event, Hello
from emostream.sinks import Sink

CAPACITY = 1024
CLOSE_TIMEOUT_S = 2.0

_logger = logging.getLogger(__name__)


class DetachedSink:
    """Hands events to ``sink`` from its own thread, through a queue of ``capacity`` events.

    Live streams need this in front of anything that writes to a pipe or a disk. When the queue is full the oldest event
    is dropped, except a ``hello``, without which the others cannot be read; ``dropped_events`` counts the dropped ones.
    ``close`` waits ``close_timeout_s`` for the queue to empty and then closes ``sink``, within an ``emit`` too where a
    reader takes nothing; what was left counts as dropped. A sink that raises is logged and gets no more, and what it
    would have got counts as dropped.

    A write to ``sys.stdout.buffer`` that never ends would keep it locked, and the interpreter could not flush it at
    exit: give a ``JsonlSink`` behind this one ``open(1, "wb", buffering=0, closefd=False)``.
    """

    def __init__(self, sink: Sink, capacity: int = CAPACITY, close_timeout_s: float = CLOSE_TIMEOUT_S) -> None:
        self._sink = sink
        self.name = sink.name
        self._capacity = capacity
        self._close_timeout_s = close_timeout_s
        self._queue: deque[Event] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._forward, name="detached sink", daemon=True)
        self._dropped_events = 0
        self._in_hand = 0
        self._failed = False
        self._thread.start()

    @property
    def dropped_events(self) -> int:
        """The events that found no room here, and those that ``sink`` could not deliver."""
        return self._dropped_events + self._sink.dropped_events

    @property
    def is_half_full(self) -> bool:
        """Whether whoever can wait with the next event should."""
        return 2 * len(self._queue) >= self._capacity

    def emit(self, event: Event) -> None:
        """Queues the event and returns at once."""
        with self._changed:
            if self._closing:
                return
            if len(self._queue) >= self._capacity:
                del self._queue[1 if isinstance(self._queue[0], Hello) and self._capacity > 1 else 0]
                if not self._dropped_events:
                    _logger.warning("%s is too slow: the oldest of what waits for it is dropped", self.name)
                self._dropped_events += 1
            self._queue.append(event)
            self._changed.notify()

    def close(self) -> None:
        """Lets the queue empty, for a while."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(self._close_timeout_s)
        with self._changed:
            left = len(self._queue) + self._in_hand
            self._queue.clear()
            self._in_hand = 0
        if self._thread.is_alive():
            self._sink.close()  # so that it need not go on with what it has in hand
        if left:
            self._dropped_events += left
            _logger.warning("%s did not take the last %d events before the end", self.name, left)

    def _forward(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._closing)
                if not self._queue:
                    break
                event = self._queue.popleft()
                self._in_hand = 1
            self._hand_on(event)
            self._in_hand = 0
        self._sink.close()

    def _hand_on(self, event: Event) -> None:
        if not self._failed:
            try:
                self._sink.emit(event)
            except Exception:
                self._failed = True
                _logger.exception("%s failed and gets no more events", self.name)
        self._dropped_events += self._failed
