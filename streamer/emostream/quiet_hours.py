"""Quiet hours: times of day, in local time, at which nothing is read."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time

from emostream.errors import UsageError
from emostream.pause import SCHEDULE, PauseSwitch

_SPAN = re.compile(r"([0-9]{1,2}):([0-9]{2})-([0-9]{1,2}):([0-9]{2})")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Spans of the day as (from, to) in local time; one that ends before it begins goes over midnight."""

    spans: tuple[tuple[time, time], ...]

    @classmethod
    def parse(cls, text: str) -> "QuietHours":
        """``22:00-07:00``, or several with commas between. Raises ``UsageError`` for anything else.

        >>> QuietHours.parse("22:00-07:00, 12:30-13:00").spans[1]
        (datetime.time(12, 30), datetime.time(13, 0))
        """
        return cls(tuple(_span(part.strip()) for part in text.split(",") if part.strip()))

    def __str__(self) -> str:
        return ", ".join(f"{start:%H:%M}-{end:%H:%M}" for start, end in self.spans)

    def include(self, moment: time) -> bool:
        """Whether a time of day lies within a span; its first minute does, its last does not."""
        return any(
            start <= moment < end if start < end else moment >= start or moment < end for start, end in self.spans
        )


def _span(text: str) -> tuple[time, time]:
    found = _SPAN.fullmatch(text)
    expected = f"found {text!r} for --quiet, expected times of day such as 22:00-07:00"
    if found is None:
        raise UsageError(expected)
    hours_from, minutes_from, hours_to, minutes_to = map(int, found.groups())
    try:
        start, end = time(hours_from, minutes_from), time(hours_to % 24 if minutes_to == 0 else hours_to, minutes_to)
    except ValueError:
        raise UsageError(expected) from None
    if start == end:
        raise UsageError(f"{expected}, from one time to another")
    return start, end


class QuietSchedule:
    """Holds the pause of ``switch`` within quiet hours. ``check`` is to be called often, and before audio is opened.

    ``clock`` gives the local time.
    """

    def __init__(self, hours: QuietHours, switch: PauseSwitch, clock: Callable[[], datetime] = datetime.now) -> None:
        self._hours = hours
        self._switch = switch
        self._clock = clock

    def check(self) -> None:
        """Pause or resume as the time of day wants it."""
        if self._hours.include(self._clock().time()):
            self._switch.pause(SCHEDULE)
        else:
            self._switch.resume(SCHEDULE)
