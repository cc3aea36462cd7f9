"""The limit of a client's messages: a token bucket."""

import time
from collections.abc import Callable


class RateLimiter:
    """``per_s`` messages a second on average, ``burst`` at once. ``clock`` gives seconds. Not thread-safe."""

    def __init__(self, per_s: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._burst = burst
        self._clock = clock
        self._left = burst
        self._at_s = clock()

    def take(self) -> bool:
        """Count one message; return whether it is within the rate."""
        now_s = self._clock()
        self._left = min(self._burst, self._left + (now_s - self._at_s) * self._per_s) - 1
        self._at_s = now_s
        return self._left >= 0
