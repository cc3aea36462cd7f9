"""A session's events once more, as fast as they came or faster, and paused as a microphone is."""

import threading
import time
from collections.abc import Iterable, Iterator
from datetime import datetime

from emostream.events import Event, Health, Hello
from emostream.pause import PauseSwitch

# While a stream's clock stood still, health came every two seconds: where it is further apart the process slept.
LONGEST_STILL_S = 2.5
# How often a pause is looked for, and how often it is said that it goes on.
LOOK_S, SAY_S = 0.05, 2.0


class Replay:
    """Gives ``events`` when their time has come: ``speed`` times as fast as they came, or at once without one.

    While ``switch`` is paused nothing comes but a ``health`` that says so. ``close`` ends it from any thread or signal
    handler. To be iterated over once.
    """

    def __init__(self, events: Iterable[Event], speed: float | None, switch: PauseSwitch) -> None:
        self._events = events
        self._speed = speed
        self._switch = switch
        self._stopped = threading.Event()
        self._began_s = 0.0
        self._source = ""
        self._last: Event | None = None
        self._health: Health | None = None

    def __iter__(self) -> Iterator[Event]:
        schedule = _Schedule()
        self._began_s = time.monotonic()
        for event in self._events:
            due_s = schedule.due_s(event)
            yield from self._until(due_s / self._speed if self._speed else 0.0)
            if self._stopped.is_set():
                return
            if isinstance(event, Hello):
                self._source = event.source
            if isinstance(event, Health):
                self._health = event
            self._last = event
            yield event

    def close(self) -> None:
        """Have it end soon; returns at once."""
        self._stopped.set()

    def wait(self, seconds: float) -> bool:
        """Wait for so long, or until it is closed: whether it was."""
        return self._stopped.wait(seconds)

    def _until(self, due_s: float) -> Iterator[Event]:
        """Wait until so many seconds have passed that were not paused, and say of pauses that they are."""
        paused_s = said_s = 0.0
        while not self._stopped.is_set():
            now_s = time.monotonic()
            if self._switch.paused:
                if not paused_s or now_s - said_s >= SAY_S:
                    said_s = now_s
                    yield from self._pause_health()
                paused_s = paused_s or now_s
                self._stopped.wait(LOOK_S)
                continue
            if paused_s:
                self._began_s += now_s - paused_s
                paused_s = 0.0
                yield from self._pause_health()
            left_s = self._began_s + due_s - now_s
            if left_s <= 0:
                return
            self._stopped.wait(min(left_s, LOOK_S))

    def _pause_health(self) -> Iterator[Health]:
        """Health as it was, with who holds the pause now; before the first event there is nobody to tell."""
        last = self._last
        if last is None:
            return
        before = self._health
        yield Health(
            seq=last.seq,
            stream=last.stream,
            t_start_ms=last.t_end_ms,
            t_end_ms=last.t_end_ms,
            ts=last.ts,
            source=before.source if before else self._source,
            source_ok=before.source_ok if before else True,
            lost_ms=before.lost_ms if before else 0.0,
            lag_ms=before.lag_ms if before else 0.0,
            paused_by=self._switch.paused_by,
        )


class _Schedule:
    """When each event came, in seconds since the first: by its stream's clock, or by ``ts`` while that stands still."""

    def __init__(self) -> None:
        self._due_s = 0.0
        self._stream_began_s = 0.0
        self._clock_ms = 0
        self._ts: datetime | None = None

    def due_s(self, event: Event) -> float:
        """The time of the next event."""
        if isinstance(event, Hello):
            self._stream_began_s, self._clock_ms = self._due_s, 0
        ts = datetime.fromisoformat(event.ts) if event.ts else None
        if event.t_end_ms > self._clock_ms:
            self._clock_ms = event.t_end_ms
            self._due_s = max(self._due_s, self._stream_began_s + self._clock_ms / 1000)
        elif ts is not None and self._ts is not None:
            self._due_s += min(max((ts - self._ts).total_seconds(), 0.0), LONGEST_STILL_S)
        self._ts = ts
        return self._due_s
