"""The audio callback's work: place the samples on the sample axis and put them into a bounded queue."""

from queue import SimpleQueue

from emostream.audio import AudioBlock, Samples


class Capture:
    """A queue from the thread of the sound system, which must never block, to the thread that reads ``queue``.

    ``limit_blocks`` blocks are held at most: while nobody reads, what comes is dropped and counted, and the next block
    that is queued carries it as ``lost_samples``. ``overflows`` counts how often the sound system itself had dropped
    something. ``last_arrival_s`` is the ``time.monotonic()`` of the latest samples, None before the first.
    """

    def __init__(self, sample_rate_hz: int, limit_blocks: int) -> None:
        self.queue: SimpleQueue[AudioBlock] = SimpleQueue()
        self.overflows = 0
        self.last_arrival_s: float | None = None
        self._sample_rate_hz = sample_rate_hz
        self._limit_blocks = limit_blocks
        self._next_sample = 0
        self._lost_samples = 0
        self._resumed = False

    def resume(self) -> None:
        """The sound system was opened anew: the time since the last samples counts as lost. Not while ``put`` runs."""
        self._resumed = True

    def put(self, samples: Samples, arrived_s: float, *, overflowed: bool) -> None:
        """Take a copy of float32 samples of shape (n,), the last of which arrived at ``arrived_s``."""
        lost_samples = self._lost_before(len(samples), arrived_s, overflowed)
        self._next_sample += lost_samples
        self._lost_samples += lost_samples
        self.last_arrival_s = arrived_s
        if self.queue.qsize() < self._limit_blocks:
            block = AudioBlock(
                samples.copy(), self._sample_rate_hz, self._next_sample, self._lost_samples, arrived_s=arrived_s
            )
            self.queue.put(block)
            self._lost_samples = 0
        else:
            self._lost_samples += len(samples)
        self._next_sample += len(samples)

    def _lost_before(self, count: int, arrived_s: float, overflowed: bool) -> int:
        resumed, self._resumed = self._resumed, False
        self.overflows += overflowed
        if self.last_arrival_s is None or not (resumed or overflowed):
            return 0
        # The sound system does not say how much it dropped; the clock does, to within what it still holds. At least one
        # sample counts after an overflow, since the audio does not join up there.
        missing_samples = round((arrived_s - self.last_arrival_s) * self._sample_rate_hz) - count
        return max(missing_samples, 1 if overflowed else 0)
