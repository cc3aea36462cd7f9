"""Pausing a live stream: who keeps it paused, and who is told when that changes.

A pause has two holders, a person and the schedule of quiet hours, and audio is read only while neither holds it. So a
person who resumes within quiet hours ends their own pause and not the schedule's, and the end of quiet hours does not
end a person's pause. However a person pauses (a key, the page, a signal, HTTP, MQTT), it is the same one pause, which
any of these ways ends.
"""

import logging
import threading
from collections.abc import Callable
from typing import Literal

Holder = Literal["person", "schedule"]
PERSON: Holder = "person"
SCHEDULE: Holder = "schedule"

_logger = logging.getLogger(__name__)


class PauseSwitch:
    """Whether audio is read, decided by its holders. Thread-safe; all methods return at once.

    ``by`` says who pauses or resumes: ``SCHEDULE``, or for a person the way that they took, such as ``key``, ``http``,
    ``mqtt`` or ``signal``, which the log says.
    """

    def __init__(self) -> None:
        # Reentrant, and the set is changed in place: a signal's handler may come in the middle of a change.
        self._lock = threading.RLock()
        self._holders: set[Holder] = set()
        self._listeners: list[Callable[[], None]] = []

    @property
    def paused(self) -> bool:
        """Whether anybody holds the pause: then nothing is read or counted."""
        return bool(self._holders)

    @property
    def paused_by(self) -> tuple[Holder, ...]:
        """Who holds the pause: ``person``, ``schedule``, both in this order, or nobody."""
        return tuple(holder for holder in (PERSON, SCHEDULE) if holder in self._holders)

    def pause(self, by: str) -> None:
        """Hold the pause; once is enough."""
        self._set(by, holds=True)

    def resume(self, by: str) -> None:
        """Hold it no longer. Audio stays paused while the other holder has it."""
        self._set(by, holds=False)

    def toggle(self, by: str) -> None:
        """A person pauses, or ends the pause of a person."""
        self._set(by, holds=PERSON not in self._holders)

    def listen(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after each change of the holders, in the thread that made it; it must return at once."""
        with self._lock:
            self._listeners.append(listener)

    def _set(self, by: str, *, holds: bool) -> None:
        holder = SCHEDULE if by == SCHEDULE else PERSON
        with self._lock:
            if (holder in self._holders) == holds:
                return
            (self._holders.add if holds else self._holders.discard)(holder)
            listeners = tuple(self._listeners)
        state = f"paused by {' and '.join(self.paused_by)}" if self.paused else "read"
        _logger.info("%s (%s): the audio is %s", "paused" if holds else "resumed", by, state)
        for listener in listeners:
            listener()
