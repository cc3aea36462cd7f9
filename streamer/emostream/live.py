"""What live streams add to their events: the wall clock, latency, and health every few seconds."""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from emostream.audio import AudioBlock
from emostream.events import LOST, Estimate, Event, Gap, Health
from emostream.pause import Holder
from emostream.pipeline.stream import EmotionStream

HEALTH_EVERY_S = 2.0


def with_time(events: Iterable[Event]) -> list[Event]:
    """The events with the wall clock as ``ts``: RFC 3339 in UTC, to the millisecond."""
    ts = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return [msgspec.structs.replace(event, ts=ts) for event in events]


class LiveStream:
    """The lag, the losses and the health period of one live stream. Not thread-safe: one thread at a time uses it.

    ``source`` is the name that ``health`` says, which may change.
    Times are seconds of the clock of ``arrived_s``. The first health event is due at once.
    """

    def __init__(self, stream: EmotionStream, source: str) -> None:
        self._stream = stream
        self.source = source
        self._lost_ms = 0.0
        self._lag_ms = 0.0
        self._health_due_s = 0.0

    def reset(self) -> None:
        """The stream begins anew: no audio is lost yet."""
        self._lost_ms = 0.0

    def count_lost(self, block: AudioBlock) -> None:
        """Count the audio that was lost before a block."""
        self._lost_ms += 1000 * block.lost_samples / block.sample_rate_hz

    def with_latency(self, events: Iterable[Event], arrived_s: float | None, now_s: float) -> list[Event]:
        """The events, with ``latency_ms`` in each estimate: from the capture of its window's last sample until now.

        ``arrived_s`` is when the latest sample arrived; None, for a source without a clock, gives no latency.
        """
        if arrived_s is None:
            return list(events)
        self._lag_ms = 1000 * (now_s - arrived_s)
        events = list(events)
        # Samples after the window's end were captured after it and arrived with it. What a gap completes was due when
        # the sound stopped: the time that was lost is no latency.
        since_clock_ms = self._lag_ms + self._stream.clock_ms - sum(_length_ms(event) for event in events)
        timed: list[Event] = []
        for event in events:
            if isinstance(event, Estimate):
                latency_ms = round(since_clock_ms - event.t_end_ms, 1)
                timed.append(msgspec.structs.replace(event, latency_ms=latency_ms))
            else:
                since_clock_ms += _length_ms(event)
                timed.append(event)
        return timed

    def is_health_due(self, now_s: float, slack_s: float = 0.0) -> bool:
        """Whether ``HEALTH_EVERY_S`` and ``slack_s`` have passed since the latest health event."""
        return now_s >= self._health_due_s + slack_s

    def health(
        self,
        now_s: float,
        *,
        source_ok: bool = True,
        clients: int = 0,
        dropped_events: int = 0,
        network_interval: int = 1,
        paused_by: tuple[Holder, ...] = (),
    ) -> Health:
        """The health event of now; the next one is due ``HEALTH_EVERY_S`` later."""
        self._health_due_s = now_s + HEALTH_EVERY_S
        return Health(
            **self._stream.moment(),
            source=self.source,
            source_ok=source_ok,
            lost_ms=round(self._lost_ms, 1),
            lag_ms=round(self._lag_ms, 1),
            clients=clients,
            dropped_events=dropped_events,
            network_interval=network_interval,
            paused_by=paused_by,
        )


def _length_ms(event: Event) -> float:
    """How far an event that is a gap moves the clock on; 0 for any other."""
    if not isinstance(event, Gap):
        return 0.0
    return event.lost_ms if event.reason == LOST else event.t_end_ms - event.t_start_ms
