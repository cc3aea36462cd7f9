"""The wiring: a live source's blocks go through a stream, and its events to every sink."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import msgspec

from emostream.audio import AudioBlock
from emostream.events import Error, Estimate, Event, Health
from emostream.pipeline.stream import EmotionStream
from emostream.sinks import Sink
from emostream.sources import Source

HEALTH_EVERY_S = 2.0
HEALTH_ALONE_S = 0.5


class Daemon:
    """One source, one stream, any number of sinks; runs in the caller's thread until the source ends.

    ``counts`` gives (clients, dropped events) of whoever serves, for ``health``.
    """

    def __init__(
        self,
        source: Source,
        stream: EmotionStream,
        sinks: Sequence[Sink],
        counts: Callable[[], tuple[int, int]] = lambda: (0, 0),
    ) -> None:
        self._source = source
        self._stream = stream
        self._sinks = sinks
        self._counts = counts
        self._lost_ms = 0.0
        self._lag_ms = 0.0
        self._trouble: str | None = None
        self._health_due_s = 0.0

    def run(self) -> None:
        """Hand on events until the source ends or is closed, then what the end completes.

        Raises what the source does.
        """
        self.emit([self._stream.hello()])
        for block in self._source.blocks():
            events = self._stream.push(block)
            self._lost_ms += 1000 * block.lost_samples / block.sample_rate_hz
            self.emit([self._with_latency(event, block) for event in events])
            self._report(alone=not events)
        self.emit(self._stream.flush())
        self._health_due_s = 0.0
        self._report()

    def emit(self, events: Sequence[Event]) -> None:
        """Hand events to every sink, with the time of day on them."""
        ts = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        for event in events:
            stamped = msgspec.structs.replace(event, ts=ts)
            for sink in self._sinks:
                sink.emit(stamped)

    def _with_latency(self, event: Event, block: AudioBlock) -> Event:
        if not isinstance(event, Estimate) or block.arrived_s is None:
            return event
        self._lag_ms = 1000 * (time.monotonic() - block.arrived_s)
        # What stands in the block behind the window's end was captured after it.
        since_capture_ms = self._lag_ms + self._stream.clock_ms - event.t_end_ms
        return msgspec.structs.replace(event, latency_ms=round(since_capture_ms, 1))

    def _report(self, *, alone: bool = False) -> None:
        """Say how things stand: every few seconds, and at once when trouble comes or goes.

        A little later rather than ``alone``, so that the next estimate does not wait behind it on its way to clients.
        """
        trouble, now_s = self._source.trouble, time.monotonic()
        changed, self._trouble = trouble != self._trouble, trouble
        if changed and trouble:
            self.emit([Error(**self._stream.moment(), code="source", message=trouble)])
        if changed or now_s >= self._health_due_s + (HEALTH_ALONE_S if alone else 0):
            self._health_due_s = now_s + HEALTH_EVERY_S
            clients, dropped_events = self._counts()
            health = Health(
                **self._stream.moment(),
                source=self._source.name,
                source_ok=trouble is None,
                lost_ms=round(self._lost_ms, 1),
                lag_ms=round(self._lag_ms, 1),
                clients=clients,
                dropped_events=dropped_events,
            )
            self.emit([health])
