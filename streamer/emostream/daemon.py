"""The wiring: a live source's blocks go through a stream, and its events to every sink."""

from collections.abc import Callable, Iterator, Sequence

from emostream.audio import arrival_clock_s
from emostream.events import Error, Event
from emostream.live import LiveStream, with_time
from emostream.pipeline.stream import EmotionStream
from emostream.sinks import Sink
from emostream.sources import Source

# A health event waits so long for an estimate to go with it: clients need not be woken twice.
HEALTH_ALONE_S = 0.5


class Daemon:
    """One source, one stream, any number of sinks; runs in the caller's thread until the source ends.

    ``clients`` gives the number of connected clients for ``health``.
    """

    def __init__(
        self,
        source: Source,
        stream: EmotionStream,
        sinks: Sequence[Sink],
        clients: Callable[[], int] = lambda: 0,
    ) -> None:
        self._source = source
        self._stream = stream
        self._sinks = sinks
        self._clients = clients
        self._live = LiveStream(stream, source.name)
        self._trouble: str | None = None

    def run(self) -> None:
        """Emit events until the source ends or is closed, then the events that its end completes.

        Raises what the source raises.
        """
        for event in self.events():
            self.emit(event)

    def emit(self, event: Event) -> None:
        """Hand an event to every sink."""
        for sink in self._sinks:
            sink.emit(event)

    def events(self) -> Iterator[Event]:
        """All events until the source ends, with the wall clock in them. Raises what the source raises."""
        yield from with_time([self._stream.hello()])
        for block in self._source.blocks():
            events = self._stream.push(block)
            self._live.count_lost(block)
            yield from with_time(self._live.with_latency(events, block.arrived_s, arrival_clock_s()))
            if self._source.trouble and not self._trouble and not len(block.samples):
                # Whoever spoke gets their verdict now that the sound has stopped, and not when it returns.
                yield from with_time(self._live.with_latency(self._stream.flush(), block.arrived_s, arrival_clock_s()))
            yield from with_time(self._report(slack_s=0.0 if events else HEALTH_ALONE_S))
        yield from with_time(self._stream.flush())
        yield from with_time(self._report(at_once=True))

    def _report(self, *, slack_s: float = 0.0, at_once: bool = False) -> list[Event]:
        """Health every few seconds; an error and health at once when the source's trouble comes or goes."""
        trouble, now_s = self._source.trouble, arrival_clock_s()
        changed, self._trouble = trouble != self._trouble, trouble
        reports: list[Event] = []
        if changed and trouble:
            reports.append(Error(**self._stream.moment(), code="source", message=trouble))
        if at_once or changed or self._live.is_health_due(now_s, slack_s):
            health = self._live.health(
                now_s,
                source_ok=trouble is None,
                clients=self._clients(),
                dropped_events=sum(sink.dropped_events for sink in self._sinks),
            )
            reports.append(health)
        return reports
