"""How the server's own microphone is doing, from the events of its stream: what health and metrics say of it."""

import math
import time
from collections.abc import Callable
from typing import Literal

import msgspec

from emostream.events import LOST, Error, Estimate, Event, Gap, Health

Status = Literal["ok", "paused", "starting", "failed"]
# A stream has an event every two seconds, sound or none; a process that is this late is stuck.
STUCK_S = 10.0
# A source without sound says so after two seconds; this is for one that does not.
DEAF_S = 5.0
SILENCE_DBFS = -60.0


class SourceReport(msgspec.Struct, frozen=True, kw_only=True):
    """The source for those who may know: seconds since the last estimate and since anything louder than -60 dBFS.

    None stands for never. ``lost_s`` grows while sound is missing, ``lag_s`` is from capture to event, ``restarts``
    counts how often sound came again.
    """

    status: Status
    reason: str
    paused_by: tuple[str, ...]
    last_estimate_s: float | None
    last_sound_s: float | None
    lost_s: float
    lag_s: float
    restarts: int


class LiveSource:
    """Notes events in the daemon's thread and is read in any other; each value is written as a whole.

    ``clock`` gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began_s = clock()
        self._noted_s: float | None = None
        self._estimate_s: float | None = None
        self._sound_s: float | None = None
        self._away_from_s: float | None = None
        self._gaps_s = 0.0
        self._shown_lost_s = 0.0
        self.lag_s = 0.0
        self._is_ok = True
        self._trouble = ""
        self._paused_by: tuple[str, ...] = ()
        self.restarts = 0
        # Unix time, for metrics; NaN stands for never.
        self.estimated_at = self.heard_at = math.nan

    def note(self, event: Event) -> None:
        """Take in an event of the stream."""
        now_s = self._noted_s = self._clock()
        match event:
            case Estimate():
                self._estimate_s, self.estimated_at = now_s, time.time()
                self._away_from_s = None
                if event.level_dbfs > SILENCE_DBFS:
                    self._sound_s, self.heard_at = now_s, time.time()
            case Gap(reason=reason) if reason == LOST:
                self._gaps_s += event.lost_ms / 1000
                self._away_from_s = None
            case Error(code="source"):
                self._trouble = event.message
            case Health():
                self._note_health(event, now_s)

    def report(self) -> SourceReport:
        """How it is now."""
        status, reason = self._judged()
        now_s = self._clock()
        return SourceReport(
            status=status,
            reason=reason,
            paused_by=self._paused_by,
            last_estimate_s=None if self._estimate_s is None else round(now_s - self._estimate_s, 3),
            last_sound_s=None if self._sound_s is None else round(now_s - self._sound_s, 3),
            lost_s=round(self.lost_s, 3),
            lag_s=round(self.lag_s, 4),
            restarts=self.restarts,
        )

    @property
    def lost_s(self) -> float:
        """Seconds of audio that never arrived, those of the present loss included; never falls."""
        away_s = 0.0 if self._away_from_s is None else self._clock() - self._away_from_s
        self._shown_lost_s = max(self._shown_lost_s, self._gaps_s + away_s)
        return self._shown_lost_s

    @property
    def is_up(self) -> bool:
        """Whether sound is read now."""
        return self._judged()[0] == "ok"

    @property
    def is_paused(self) -> bool:
        """Whether anybody holds the pause."""
        return bool(self._paused_by)

    @property
    def is_alive(self) -> bool:
        """Whether the thread that reads it goes on, with sound or without."""
        return self._clock() - (self._began_s if self._noted_s is None else self._noted_s) <= STUCK_S

    def _note_health(self, event: Health, now_s: float) -> None:
        self.lag_s = event.lag_ms / 1000
        if event.source_ok and not self._is_ok:
            self.restarts += 1
            self._trouble = ""
        if event.source_ok or event.paused_by:
            self._away_from_s = None
        elif self._away_from_s is None and not self._has_estimates:
            self._away_from_s = now_s if self._estimate_s is None else self._estimate_s
        self._is_ok, self._paused_by = event.source_ok, event.paused_by

    @property
    def _has_estimates(self) -> bool:
        """Whether estimates still come: of digital silence, say, which is no loss."""
        return self._estimate_s is not None and self._clock() - self._estimate_s < 1.0

    def _judged(self) -> tuple[Status, str]:
        if not self.is_alive:
            return "failed", f"nothing has come from the stream for {STUCK_S:.0f} s: the process is stuck"
        if self._paused_by:
            return "paused", ""
        if not self._is_ok:
            return "failed", self._trouble or "the source gives no sound"
        if self._estimate_s is None:
            return "starting", "no sound has come yet"
        if self._clock() - self._estimate_s > DEAF_S:
            return "failed", f"no sound has come for {DEAF_S:.0f} s"
        return "ok", ""
