"""The wiring: a live source's blocks go through a stream, and its events to every sink."""

import logging
from collections.abc import Callable, Iterator, Sequence

from emostream.audio import arrival_clock_s
from emostream.events import Error, Event
from emostream.live import LiveStream, with_time
from emostream.pause import Holder, PauseSwitch
from emostream.pipeline.stream import EmotionStream
from emostream.sinks import Sink
from emostream.sinks.fan_out import FanOut
from emostream.sources import Source
from emostream.sources.pausing import unpaused_blocks

# A health event waits so long for an estimate to go with it: clients need not be woken twice.
HEALTH_ALONE_S = 0.5

_logger = logging.getLogger(__name__)


class Daemon:
    """One source, one stream, any number of sinks; runs in the caller's thread until the source ends.

    ``clients`` gives the number of connected clients for ``health``. While ``switch`` is paused nothing of the source
    is read. ``on_beat`` is called after each block, empty ones included, so at least every ``sources.HEARTBEAT_S``.
    Before each, ``next_stream`` may give another stream, of other models, which takes the place of the one so far: that
    one ends whoever speaks, and the new one begins with its ``hello``.
    """

    def __init__(
        self,
        source: Source,
        stream: EmotionStream,
        sinks: Sequence[Sink],
        clients: Callable[[], int] = lambda: 0,
        *,
        switch: PauseSwitch | None = None,
        on_beat: Callable[[], None] = lambda: None,
        next_stream: Callable[[], EmotionStream | None] = lambda: None,
    ) -> None:
        self._source = source
        self._stream = stream
        self._sinks = FanOut(sinks)
        self._clients = clients
        self._switch = switch or PauseSwitch()
        self._on_beat = on_beat
        self._next_stream = next_stream
        self._live = LiveStream(stream, source.name)
        self._trouble: str | None = None
        self._paused_by: tuple[Holder, ...] = ()

    def run(self) -> None:
        """Emit events until the source ends or is closed, then the events that its end completes.

        Raises what the source raises.
        """
        for event in self.events():
            self.emit(event)

    def emit(self, event: Event) -> None:
        """Hand an event to every sink. One that raises is logged and gets no more; the others go on."""
        self._sinks.emit(event)

    def events(self) -> Iterator[Event]:
        """All events until the source ends, with the wall clock in them. Raises what the source raises."""
        _logger.info("reading from %s", self._source.name)
        yield from with_time([self._stream.hello()])
        for block in unpaused_blocks(self._source.blocks(), self._switch):
            if (stream := self._next_stream()) is not None:
                ended = self._live.with_latency(self._stream.flush(), block.arrived_s, arrival_clock_s())
                yield from with_time([*ended, stream.hello()])
                self._stream, self._live = stream, LiveStream(stream, self._source.name)
                _logger.info("the models are %s now", ", ".join(brief.name for brief in stream.model_briefs))
            events = self._stream.push(block)
            self._live.count_lost(block)
            yield from with_time(self._live.with_latency(events, block.arrived_s, arrival_clock_s()))
            begins_trouble = self._source.trouble and not self._trouble and not len(block.samples)
            if begins_trouble or (self._switch.paused and not self._paused_by):
                # Whoever spoke gets their verdict now that the sound has stopped, and not when it returns.
                yield from with_time(self._live.with_latency(self._stream.flush(), block.arrived_s, arrival_clock_s()))
            yield from with_time(self._report(slack_s=0.0 if events else HEALTH_ALONE_S))
            self._on_beat()
        yield from with_time(self._stream.flush())
        yield from with_time(self._report(at_once=True))
        _logger.info("%s has ended", self._source.name)

    def _report(self, *, slack_s: float = 0.0, at_once: bool = False) -> list[Event]:
        """Health every few seconds; at once when the source's trouble or a pause comes or goes, trouble as an error."""
        trouble, paused_by, now_s = self._source.trouble, self._switch.paused_by, arrival_clock_s()
        is_new_trouble = trouble != self._trouble
        changed = is_new_trouble or paused_by != self._paused_by
        self._trouble, self._paused_by = trouble, paused_by
        reports: list[Event] = []
        if is_new_trouble and not at_once:  # what the end brings to light is the command's to say
            _logger.log(*((logging.WARNING, trouble) if trouble else (logging.INFO, "sound comes again")))
        if is_new_trouble and trouble:
            reports.append(Error(**self._stream.moment(), code="source", message=trouble))
        if at_once or changed or self._live.is_health_due(now_s, slack_s):
            self._live.source = self._source.name  # a person may have chosen another microphone
            health = self._live.health(
                now_s,
                source_ok=trouble is None,
                clients=self._clients(),
                dropped_events=self._sinks.dropped_events,
                paused_by=paused_by,
            )
            reports.append(health)
        return reports
