"""How many messages a client may send: a token bucket."""

import time


class RateLimiter:
    """So many messages a second in the long run, with some to spare in the short."""

    def __init__(self, per_s: float, burst: float) -> None:
        self._per_s = per_s
        self._burst = burst
        self._left = burst
        self._at_s = time.monotonic()

    def take(self) -> bool:
        """Count one message; whether it is still within the pace."""
        now_s = time.monotonic()
        self._left = min(self._burst, self._left + (now_s - self._at_s) * self._per_s) - 1
        self._at_s = now_s
        return self._left >= 0
