"""The audio callback's work: place the samples on the sample axis and put them into a bounded queue."""

import math
from collections import deque
from queue import SimpleQueue

from emostream.audio import AudioBlock, Samples

# How far the axis may fall behind the clock before that is a hole, and what the delay of a sound system varies by.
_HOLE_S = 0.06
_JITTER_S = 0.03
# Sound that was only late comes in a burst; when none has come for so long, the rest was lost.
_SETTLED_S = 0.25
# What comes within so long behind that was only late after all.
_VERY_LATE_S = 10.0
# A device's clock that is not the computer's loses nothing: real ones differ by .05 %, simulated ones by 1 %.
_DRIFT = 0.015


class Capture:
    """A queue from the thread of the sound system, which must never block, to the thread that reads ``queue``.

    ``limit_blocks`` blocks are held at most: while nobody reads, what comes is dropped and counted, and the next block
    that is queued carries it as ``lost_samples``. ``overflows`` counts how often the sound system itself had dropped
    something. ``last_arrival_s`` is the ``arrival_clock_s()`` of the latest samples, None before the first.

    What the sound system leaves out without a word (a device that starves, a machine that sleeps) shows in the arrival
    of what follows: its lateness, the time of arrival less the time on the axis, stays higher than before. Sound that
    was only late comes in a burst, and the lateness falls back. So after a stall blocks are held until it is settled
    which of the two it was, and what was lost is counted before the first of them. Sound that comes later still (on a
    machine that is overloaded for seconds) was counted as lost, so the axis is ahead of the clock: the next loss is
    counted as so much less.

    What a pause left out is no loss: the next block that is queued carries it as ``paused_samples``.
    """

    def __init__(self, sample_rate_hz: int, limit_blocks: int) -> None:
        self.queue: SimpleQueue[AudioBlock] = SimpleQueue()
        self.overflows = 0
        self.last_arrival_s: float | None = None
        self._sample_rate_hz = sample_rate_hz
        self._limit_blocks = limit_blocks
        self._next_sample = 0
        self._lost_samples = 0
        self._lateness_s: float | None = None  # where nothing is lost
        self._is_broken = False  # the next samples do not join up with those before
        self._held: deque[tuple[Samples, float]] = deque()
        self._held_samples = 0
        self._excess_s = 0.0
        self._fell_at_s = 0.0
        self._doubtful_s = 0.0  # of the latest loss: what may still turn out to have been late
        self._doubtful_until_s = 0.0
        self._surplus_s = 0.0  # how far the axis is ahead of the clock
        self._paused_from_s: float | None = None
        self._paused_s = 0.0  # of the time without samples until now
        self._paused_samples = 0

    def pause(self, from_s: float) -> None:
        """Nobody wants samples from this ``arrival_clock_s()`` on. Not while ``put`` runs."""
        if self._held:
            self._settle()
        self._paused_from_s = from_s

    def skip(self, samples: Samples, arrived_s: float) -> None:
        """Count samples as a part of a pause that the sound system does not know of yet."""
        if self._lateness_s is None:
            return
        if self._held:
            self._settle()
        self.last_arrival_s = arrived_s
        self._skip(len(samples))

    def end_pause(self, at_s: float) -> None:
        """They were wanted again then, and did not come; without this call the next samples end a pause."""
        if self._paused_from_s is not None:
            self._paused_s += max(0.0, at_s - self._paused_from_s)
            self._paused_from_s = None

    def resume(self) -> None:
        """The sound system was opened anew: the time since the last samples counts as lost. Not while ``put`` runs."""
        if self._held:
            self._settle()
        self._is_broken = self.last_arrival_s is not None

    def put(self, samples: Samples, arrived_s: float, *, overflowed: bool) -> None:
        """Take a copy of float32 samples of shape (n,), the last of which arrived at ``arrived_s``."""
        self.overflows += overflowed
        self.last_arrival_s = arrived_s
        end_sample = self._next_sample + self._held_samples + len(samples)
        lateness_s = arrived_s - end_sample / self._sample_rate_hz
        self.end_pause(arrived_s - len(samples) / self._sample_rate_hz)
        if self._lateness_s is None:
            self._lateness_s = lateness_s
            self._paused_s = 0.0
        excess_s = lateness_s - self._lateness_s
        self._is_broken |= overflowed and not self._held
        if self._held:
            self._hold(samples, arrived_s, excess_s)
        elif self._is_broken or excess_s > _HOLE_S:
            self._excess_s = math.inf
            self._hold(samples, arrived_s, excess_s)
        else:
            drift_s = _DRIFT * len(samples) / self._sample_rate_hz
            self._note_surplus(-excess_s, arrived_s)
            self._lateness_s = min(lateness_s, self._lateness_s + drift_s)
            self._queue(samples.copy(), arrived_s)

    def _hold(self, samples: Samples, arrived_s: float, excess_s: float) -> None:
        self._held.append((samples.copy(), arrived_s))
        self._held_samples += len(samples)
        if excess_s < self._excess_s - _JITTER_S:
            self._excess_s, self._fell_at_s = excess_s, arrived_s
        if self._excess_s < _JITTER_S or arrived_s - self._fell_at_s >= _SETTLED_S:
            self._settle()
        elif len(self._held) > self._limit_blocks:
            dropped, _ = self._held.popleft()
            self._held_samples -= len(dropped)
            self._lose(len(dropped))

    def _note_surplus(self, early_s: float, arrived_s: float) -> None:
        """Sound is so much earlier than it ever was where nothing is lost: what was counted as lost was late."""
        if early_s > 0 and arrived_s < self._doubtful_until_s:
            surplus_s = min(early_s, self._doubtful_s)
            self._doubtful_s -= surplus_s
            self._surplus_s += surplus_s

    def _use_surplus(self) -> None:
        """Count the loss that is to be settled as less by what was counted too much."""
        assert self._lateness_s is not None, "something arrived before it was late"
        self._doubtful_s = max(0.0, self._excess_s)
        used_s = min(self._surplus_s, self._doubtful_s)
        self._surplus_s -= used_s
        self._excess_s -= used_s
        self._lateness_s += used_s
        self._doubtful_until_s = (self.last_arrival_s or 0.0) + _VERY_LATE_S

    def _settle(self) -> None:
        """Count what was lost before the first block that is held, and queue all of them."""
        if self._is_broken or self._excess_s > _HOLE_S:
            self._is_broken = True  # also where the surplus covers it
            self._use_surplus()
        lost = round(self._excess_s * self._sample_rate_hz)
        if self._paused_s:
            # What is less than a hole is the delay of a device that opens, which is a part of the pause.
            lost = max(lost, 1)
            paused = min(lost, round(self._paused_s * self._sample_rate_hz))
            paused = lost if lost - paused <= _HOLE_S * self._sample_rate_hz else paused
            self._skip(paused)
            self._lose(lost - paused)
        elif self._is_broken:
            self._lose(max(lost, 1))
        self._is_broken = False
        self._paused_s = 0.0
        self._held_samples = 0
        while self._held:
            self._queue(*self._held.popleft())

    def _queue(self, samples: Samples, arrived_s: float) -> None:
        if self.queue.qsize() < self._limit_blocks:
            block = AudioBlock(
                samples,
                self._sample_rate_hz,
                self._next_sample,
                self._lost_samples,
                arrived_s=arrived_s,
                paused_samples=self._paused_samples,
            )
            self.queue.put(block)
            self._next_sample += len(samples)
            self._lost_samples = self._paused_samples = 0
        else:
            self._lose(len(samples))

    def _lose(self, samples: int) -> None:
        self._next_sample += samples
        self._lost_samples += samples

    def _skip(self, samples: int) -> None:
        self._next_sample += samples
        self._paused_samples += samples
