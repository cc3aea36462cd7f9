"""How many messages a client may send: a token bucket."""

import time


class RateLimiter:
    """``per_s`` messages a second on average, ``burst`` at once. Not thread-safe."""

    def __init__(self, per_s: float, burst: float) -> None:
        self._per_s = per_s
        self._burst = burst
        self._left = burst
        self._at_s = time.monotonic()

    def take(self) -> bool:
        """Count one message; return whether it is within the rate."""
        now_s = time.monotonic()
        self._left = min(self._burst, self._left + (now_s - self._at_s) * self._per_s) - 1
        self._at_s = now_s
        return self._left >= 0
