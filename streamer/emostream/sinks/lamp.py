"""A lamp that is lit while the microphone is read, for people to see who are read."""

import logging
import threading
from typing import Protocol

from emostream.events import Event, Health, Hello

_logger = logging.getLogger(__name__)
RETRY_S = 30.0
CLOSE_TIMEOUT_S = 10.0


def goes_on(health: Health) -> bool:
    """Whether the source is there and nobody has paused it."""
    return health.source_ok and not health.paused_by


def is_reading(health: Health, hello: Hello | None) -> bool:
    """Whether a microphone is read now: the stream goes on, and its ``hello`` does not say that it is a replay."""
    return goes_on(health) and not (hello and hello.recorded)


class LampError(Exception):
    """A lamp could not be set; the message says why."""


class Lamp(Protocol):
    """Something that can be lit. ``show`` sets it and may take its time; it raises ``LampError``."""

    @property
    def name(self) -> str: ...

    def show(self, on: bool) -> None: ...

    def close(self) -> None: ...


class LampSink:
    """Turns ``lamp`` on when the microphone begins to be read, and off when that ends, at the start and on ``close``.

    It does so in a thread of its own, one change after the other; of states that come while the lamp is set the last
    one is shown. One that fails is tried again after ``retry_s``: what a lamp says must be true. States that were never
    shown are no loss; ``dropped_events`` stays 0.
    """

    dropped_events = 0

    def __init__(self, lamp: Lamp, retry_s: float = RETRY_S) -> None:
        self.name = lamp.name
        self._lamp = lamp
        self._retry_s = retry_s
        self._hello: Hello | None = None
        self._wanted = False
        self._shown: bool | None = None
        self._closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._follow, name="lamp", daemon=True)
        self._thread.start()

    def emit(self, event: Event) -> None:
        """Takes the state from ``health``, which comes at once when it changes; returns at once."""
        if isinstance(event, Hello):
            self._hello = event
        elif isinstance(event, Health):
            with self._changed:
                self._wanted = is_reading(event, self._hello)
                self._changed.notify()

    def close(self) -> None:
        """Turns the lamp off, and waits for that, for a while."""
        with self._changed:
            self._wanted = False
            self._closing = True
            self._changed.notify()
        self._thread.join(CLOSE_TIMEOUT_S)

    def _follow(self) -> None:
        has_failed = False
        while (wanted := self._next()) is not None:
            state = "on" if wanted else "off"
            try:
                self._lamp.show(wanted)
            except LampError as error:
                if not has_failed:
                    _logger.warning("%s cannot be turned %s (%s)", self.name, state, error)
                has_failed = True
                with self._changed:
                    if self._changed.wait_for(lambda: self._closing, self._retry_s):
                        break
            else:
                self._shown = wanted
                if has_failed:
                    _logger.info("%s can be turned %s again", self.name, state)
                has_failed = False
        self._lamp.close()

    def _next(self) -> bool | None:
        """Wait for a state that is not shown; None for the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._wanted != self._shown or self._closing)
            return self._wanted if self._wanted != self._shown else None
