"""Whether a client's audio keeps real time: a leaky bucket of seconds of audio."""

# A silent client saves so much and no more, or what it then sends at once would go before everybody's.
MOST_CREDIT_S = 1.5
# After a file, or a stall of the network, a client that keeps real time again is served as such within this time.
MOST_DEBT_S = 2.0


class RealTimeCredit:
    """How many seconds of audio a stream may have read before it is ahead of real time. Not thread-safe.

    The credit grows by a second each second, up to ``MOST_CREDIT_S``, and what is read takes from it, down to
    ``-MOST_DEBT_S``. ``now_s`` is ``time.monotonic()`` throughout.
    """

    def __init__(self, now_s: float) -> None:
        self._credit_s = MOST_CREDIT_S
        self._at_s = now_s

    def is_spent(self, now_s: float) -> bool:
        """Whether what was read is ahead of real time."""
        return self._at(now_s) <= 0

    def spend(self, audio_s: float, now_s: float, *, was_silent: bool = True) -> None:
        """So many seconds of audio are read. Who was not silent until now has saved all of the time."""
        credit_s = self._at(now_s) if was_silent else self._credit_s + now_s - self._at_s
        self._credit_s = max(-MOST_DEBT_S, credit_s - audio_s)
        self._at_s = now_s

    def _at(self, now_s: float) -> float:
        return min(MOST_CREDIT_S, self._credit_s + now_s - self._at_s)
