"""Runs the audio of all clients through one set of models in whole batches, with one thread for each CPU core.

In each round a thread reads one step of audio from each of several slots that no other thread reads, and the windows of
all of them go through each network as one batch. Slots in real time come first, the longest waiting of them foremost;
then audio that came faster than real time; then audio that completes half a step. So steps form batches under load, and
nothing waits without load.
"""

import logging
import math
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from emostream.events import Event
from emostream.inference.batching import InferenceRequest, InferenceResult, Requests, run_batch
from emostream.inference.model import EmotionModel
from emostream.server.client_audio import ClientAudio, Control
from emostream.server.network_interval import NetworkInterval

# A larger batch costs no less for each request, and the first request of a batch of four waits less.
MAX_BATCH_SIZE = 4
IDLE_S = 0.5
LAG_HALF_LIFE_S = 2.0

_logger = logging.getLogger(__name__)


@dataclass(eq=False)
class Slot:
    """A client's audio in the scheduler, and where its events go.

    ``deliver`` takes events, ``fail`` is called once when the stream failed, ``has_room`` says whether the client takes
    more events now; all three from the scheduler's threads.
    """

    audio: ClientAudio
    deliver: Callable[[list[Event]], None]
    fail: Callable[[], object]
    has_room: Callable[[], bool]
    blocked_at_s: float = 0.0  # when it last waited for its own client
    is_blocked: bool = False  # it waits for its own client


@dataclass(frozen=True, slots=True)
class _Pending:
    """A slot whose stream waits for a result."""

    slot: Slot
    requests: Requests[list[Event]]
    request: InferenceRequest


class BatchScheduler:
    """Reads the audio of its slots, in threads of its own, until ``close``.

    ``threads`` is one for each CPU core by default; with 0 the caller calls ``run_round``. ``clock`` gives
    ``time.monotonic()``. ``delivered`` is called once for all slots that got events in the same moment.
    """

    def __init__(
        self,
        models: Sequence[EmotionModel],
        threads: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        delivered: Callable[[], None] = lambda: None,
    ) -> None:
        self._models = models
        self.clock = clock
        self._delivered = delivered
        self._changed = threading.Condition()  # held around whatever a slot's two sides share
        # Guarded by ``_changed``; ``streams`` and ``lag_s`` read one value without it.
        self._slots: set[Slot] = set()
        self._ready: set[Slot] = set()  # with audio or controls that are worth reading
        self._running: set[Slot] = set()  # each with one thread
        self._closing = False
        self._lag_s = 0.0
        self._lag_at_s = clock()
        self._interval = NetworkInterval(clock())
        self.sparse_steps = 0  # that were read while the networks ran more rarely than usual
        self._threads: Sequence[threading.Thread] = [
            threading.Thread(target=self._run, name=f"emostream-scheduler-{number}", daemon=True)
            for number in range((os.cpu_count() or 1) if threads is None else threads)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def streams(self) -> int:
        """How many slots there are."""
        return len(self._slots)

    @property
    def has_work(self) -> bool:
        """Whether a slot is worth reading, if its client has room."""
        return bool(self._ready)

    @property
    def is_alive(self) -> bool:
        """Whether all threads run."""
        return all(thread.is_alive() for thread in self._threads)

    @property
    def network_interval(self) -> int:
        """How many times more rarely than usual the networks run now for audio in real time."""
        with self._changed:
            self._interval.update(self.clock())
            return self._interval.value

    @property
    def lag_s(self) -> float:
        """The longest recent wait of audio in real time, decaying with a half-life of ``LAG_HALF_LIFE_S``."""
        lag_s: float = self._lag_s * 0.5 ** ((self.clock() - self._lag_at_s) / LAG_HALF_LIFE_S)
        return lag_s

    def add(self, slot: Slot) -> None:
        """Read this slot's audio from now on."""
        with self._changed:
            self._slots.add(slot)
            self._changed.notify()

    def remove(self, slot: Slot) -> None:
        """After this nothing more is delivered to it, except the events of a round that has begun."""
        with self._changed:
            self._slots.discard(slot)
            self._ready.discard(slot)

    def put(self, slot: Slot, item: bytes | Control, *, at_once: bool = False, arrived_s: float | None = None) -> None:
        """Queue a frame of PCM or a control for a slot. Raises ``RefusedError`` for bytes that are no audio.

        ``at_once`` says that it came faster than it could be read, ``arrived_s`` when, which is now by default.
        """
        arrived_s = self.clock() if arrived_s is None else arrived_s
        with self._changed:
            if isinstance(item, bytes):
                slot.audio.put_audio(item, arrived_s, at_once=at_once)
            else:
                slot.audio.put_control(item, arrived_s)
            if slot.audio.is_ready and slot in self._slots:
                self._ready.add(slot)
                self._changed.notify()

    def notify(self) -> None:
        """A client has taken its events."""
        with self._changed:
            self._changed.notify()

    def close(self) -> None:
        """End the threads."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def run_round(self, wait_s: float = IDLE_S) -> bool:
        """Wait until there is something to read, for ``wait_s`` at most, and read it; gives whether there was."""
        slots: list[Slot] = []

        def is_needed() -> bool:
            slots[:] = self._next_round()
            return self._closing or bool(slots)

        with self._changed:
            self._changed.wait_for(is_needed, wait_s)
            now_s = self.clock()
            started = [(slot, self._take(slot, now_s)) for slot in slots]
            self._running.update(slots)
            self._ready.difference_update(slots)
        try:
            self._read(started)
        finally:
            with self._changed:
                self._running.difference_update(slots)
                self._ready.update(slot for slot in slots if slot.audio.is_ready and slot in self._slots)
        return bool(slots)

    def _run(self) -> None:
        while not self._closing:
            # One call a round, so that what a round holds of clients that left is let go before the next wait.
            self.run_round()

    def _next_round(self) -> list[Slot]:
        now_s = self.clock()
        ranked = []
        for slot in self._ready - self._running:
            since_s = slot.audio.waiting_since_s
            assert since_s is not None, "a slot without audio is not ready"
            # Said before it is looked at: a client that takes events in between must know that somebody waits for it.
            slot.is_blocked = True
            if not slot.has_room():
                slot.blocked_at_s = now_s
            else:
                slot.is_blocked = False
                ranked.append(((not slot.audio.is_due, slot.audio.is_ahead(now_s), since_s), slot))
        ranked.sort(key=lambda entry: entry[0])
        if not ranked:
            return []
        # One kind a round: due and in real time, else due and ahead of it, else audio that completes half a step.
        kind = ranked[0][0][:2]
        foremost = [slot for rank, slot in ranked if rank[:2] == kind]
        # The other threads take their share of them.
        return foremost[: min(MAX_BATCH_SIZE, math.ceil(len(foremost) / max(1, len(self._threads))))]

    def _take(self, slot: Slot, now_s: float) -> Requests[list[Event]]:
        """The reading of a slot's next item, of which there is one."""
        audio = slot.audio
        is_live, completes_step = audio.is_live, audio.is_due
        self._note_lag(slot, now_s)
        item = audio.take()
        assert item is not None, "a slot without audio has no turn"
        if is_live and completes_step and isinstance(item, list):
            self._interval.note(now_s - max(item[-1].arrived_s, slot.blocked_at_s), now_s)
            self.sparse_steps += self._interval.value > 1
        return audio.requests(item, now_s, self._interval.value if is_live else 1)

    def _note_lag(self, slot: Slot, now_s: float) -> None:
        since_s = slot.audio.waiting_since_s
        if since_s is None or not slot.audio.is_live or slot.audio.is_ahead(now_s):
            return
        # Time that audio waited for its own client is no measure of the scheduler's load.
        waited_s = now_s - max(since_s, slot.blocked_at_s)
        if waited_s > self.lag_s:
            self._lag_s, self._lag_at_s = waited_s, now_s

    def _read(self, started: list[tuple[Slot, Requests[list[Event]]]]) -> None:
        """Drive the streams' generators together: their simultaneous requests run as one batch."""
        pending: list[_Pending] = []
        for slot, requests in started:
            pending += self._advance(slot, requests, None)
        if len(pending) < len(started):
            self._delivered()
        while pending:
            results = self._results([entry.request for entry in pending])
            following: list[_Pending] = []
            for entry, result in zip(pending, results, strict=True):
                if result is None:
                    self._fail(entry.slot)
                else:
                    following += self._advance(entry.slot, entry.requests, result)
            if len(following) < len(pending):
                self._delivered()
            pending = following

    def _advance(self, slot: Slot, requests: Requests[list[Event]], result: InferenceResult | None) -> list[_Pending]:
        """Let a stream go on to its next request, or deliver its events; a failure is the stream's own."""
        try:
            try:
                request = next(requests) if result is None else requests.send(result)
            except StopIteration as end:
                events: list[Event] = end.value
            else:
                return [_Pending(slot, requests, request)]
            timed = slot.audio.finish(events, self.clock())
            if slot.audio.ended:
                self.remove(slot)  # before the client can know, so that the place is free then
            slot.deliver(timed)
        except Exception:
            _logger.exception("a client's stream failed")
            self._fail(slot)
        return []

    def _results(self, requests: list[InferenceRequest]) -> Sequence[InferenceResult | None]:
        """The results, None for a request that cannot be run: one client's must not spoil the others'."""
        try:
            return run_batch(self._models, requests)
        except Exception:
            _logger.exception("a batch failed")
        return [self._result_alone(request) for request in requests]

    def _result_alone(self, request: InferenceRequest) -> InferenceResult | None:
        try:
            return run_batch(self._models, [request])[0]
        except Exception:
            return None

    def _fail(self, slot: Slot) -> None:
        self.remove(slot)
        try:
            slot.fail()
        except Exception:  # such as an event loop that is closed: the thread serves others
            _logger.exception("a client could not be told that its stream failed")
