"""The limits of a client's messages and control frames: a token bucket."""

import time
from collections.abc import Callable


class RateLimiter:
    """``per_s`` of them a second on average, ``burst`` at once. ``clock`` gives seconds. Not thread-safe."""

    def __init__(self, per_s: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._burst = burst
        self._clock = clock
        self._left = burst
        self._at_s = clock()

    def take(self, count: int = 1) -> bool:
        """Count so many more; return whether they are within the rate. What is refused counts too."""
        now_s = self._clock()
        self._left = min(self._burst, self._left + (now_s - self._at_s) * self._per_s) - count
        self._at_s = now_s
        return self._left >= 0
