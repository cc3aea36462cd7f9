"""How much more rarely than usual the networks run, by how long audio in real time waits.

The networks are most of what a voice costs. Where it cannot be paid, labels that come in time from fewer windows are
better than labels that come too late.
"""

LONGEST = 8
PERIOD_S = 0.5
# An estimate should come within 250 ms of its window's end, and to read a batch takes a good part of them.
_LATE_S = 0.12
_LATE_SHARE = 0.05
# So often in succession one wait in ``1 / _LATE_SHARE`` was late, or none: the machine did something else for a moment.
_PERIODS_TO_LENGTHEN = 2
_PERIODS_TO_SHORTEN = 20


class NetworkInterval:
    """1 usually; doubled, up to ``LONGEST``, while audio in real time waits too long, halved when it no longer does.

    ``now_s`` is ``time.monotonic()`` throughout. Not thread-safe.
    """

    def __init__(self, now_s: float) -> None:
        self.value = 1
        self._period_began_s = now_s
        self._waits = self._late_waits = 0
        self._late_periods = self._prompt_periods = 0

    def note(self, waited_s: float, now_s: float) -> None:
        """Audio in real time that completes a step waited so long until it was read."""
        self.update(now_s)
        self._waits += 1
        self._late_waits += waited_s > _LATE_S

    def update(self, now_s: float) -> None:
        """Time has passed, with or without audio."""
        periods = int((now_s - self._period_began_s) / PERIOD_S)
        if not periods:
            return
        self._end_period(self._late_waits > _LATE_SHARE * self._waits, is_prompt=not self._late_waits)
        for _ in range(min(periods - 1, _PERIODS_TO_SHORTEN * LONGEST)):  # nothing came in these
            self._end_period(False, is_prompt=True)
        self._period_began_s += periods * PERIOD_S
        self._waits = self._late_waits = 0

    def _end_period(self, is_late: bool, *, is_prompt: bool) -> None:
        self._late_periods = self._late_periods + 1 if is_late else 0
        self._prompt_periods = self._prompt_periods + 1 if is_prompt else 0
        if self._late_periods == _PERIODS_TO_LENGTHEN:
            self.value = min(LONGEST, 2 * self.value)
            self._late_periods = 0
        if self._prompt_periods == _PERIODS_TO_SHORTEN:
            self.value = max(1, self.value // 2)
            self._prompt_periods = 0
