"""All clients' audio through one set of networks: a thread a core, whole batches, and nobody before their turn.

In each round a thread has one step's audio read of every voice that can complete a step and is with no other thread,
and the windows of all of them go through each network as one batch. Those who keep real time come first, the longest
waiting of them foremost; audio that came faster than real time is read when nobody else waits, and what completes no
step yet when nothing else is to do. So under load steps are gathered, and without load nothing waits.
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
from emostream.server.client_audio import ClientAudio

# A batch of four costs each of them no less than a larger one, and the first of them waits less.
MOST_AT_ONCE = 4
IDLE_S = 0.5
LAG_HALF_LIFE_S = 2.0

_logger = logging.getLogger(__name__)
_logger.addHandler(logging.NullHandler())


@dataclass(eq=False)
class Slot:
    """A voice in the core, and where its events go; ``may_go`` says whether its client takes answers."""

    voice: ClientAudio
    deliver: Callable[[list[Event]], None]
    fail: Callable[[], object]
    may_go: Callable[[], bool]
    held_at_s: float = 0.0  # when it last waited for its own client


class BatchScheduler:
    """Reads the audio of the voices that have a seat, in threads of its own, until ``close``."""

    def __init__(self, models: Sequence[EmotionModel], threads: int | None = None) -> None:
        self._models = models
        self.changed = threading.Condition()  # held around whatever a voice's two sides share
        self._seats: set[Slot] = set()
        self._at_work: set[Slot] = set()  # each with one thread
        self._closing = False
        self._lag_s = 0.0
        self._lag_at_s = time.monotonic()
        self._threads: Sequence[threading.Thread] = [
            threading.Thread(target=self._run, name=f"emostream-core-{number}", daemon=True)
            for number in range(threads or os.cpu_count() or 1)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def streams(self) -> int:
        return len(self._seats)

    @property
    def is_alive(self) -> bool:
        return all(thread.is_alive() for thread in self._threads)

    @property
    def lag_s(self) -> float:
        """How long audio in real time waited lately, at worst; what was long ago counts ever less."""
        lag_s: float = self._lag_s * 0.5 ** ((time.monotonic() - self._lag_at_s) / LAG_HALF_LIFE_S)
        return lag_s

    def seat(self, seat: Slot) -> None:
        with self.changed:
            self._seats.add(seat)
            self.changed.notify()

    def unseat(self, seat: Slot) -> None:
        """After this nothing more is delivered to it, save what is on its way."""
        with self.changed:
            self._seats.discard(seat)

    def notify(self) -> None:
        """Something has come, or a client has taken its answers."""
        with self.changed:
            self.changed.notify()

    def close(self) -> None:
        with self.changed:
            self._closing = True
            self.changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._closing:
            # A call each, so that what a round holds of those who left is let go before there is a wait for others.
            self._round()

    def _round(self) -> None:
        seats: list[Slot] = []

        def is_needed() -> bool:
            seats[:] = self._next_round()
            return self._closing or bool(seats)

        with self.changed:
            self.changed.wait_for(is_needed, IDLE_S)
            now_s = time.monotonic()
            for seat in seats:
                self._note_lag(seat, now_s)
            turns = [(seat, seat.voice.take_turn()) for seat in seats]
            self._at_work.update(seats)
        try:
            self._read([(seat, seat.voice.reading(turn)) for seat, turn in turns if turn is not None])
        finally:
            with self.changed:
                self._at_work.difference_update(seats)

    def _next_round(self) -> list[Slot]:
        now_s = time.monotonic()
        waiting = []
        for seat in self._seats - self._at_work:
            since_s = seat.voice.waits_since_s
            if since_s is not None and not seat.may_go():
                seat.held_at_s = now_s
            elif since_s is not None:
                ahead = seat.voice.is_ahead(now_s)
                waiting.append(((not seat.voice.is_due, ahead, since_s), seat))
        waiting.sort(key=lambda entry: entry[0])
        if not waiting:
            return []
        # Whoever is of the foremost kind: due and in time, else due, else whatever there is.
        kind = waiting[0][0][:2]
        foremost = [seat for rank, seat in waiting if rank[:2] == kind]
        # The other threads have their share of them.
        return foremost[: min(MOST_AT_ONCE, math.ceil(len(foremost) / len(self._threads)))]

    def _note_lag(self, seat: Slot, now_s: float) -> None:
        since_s = seat.voice.waits_since_s
        if since_s is None or seat.voice.is_ahead(now_s):
            return
        # What waited for its own client says nothing of how busy the core is.
        waited_s = now_s - max(since_s, seat.held_at_s)
        if waited_s > self.lag_s:
            self._lag_s, self._lag_at_s = waited_s, now_s

    def _read(self, going: list[tuple[Slot, Requests[list[Event]]]]) -> None:
        """Drive the inquiries side by side: what they ask at the same time is answered as one batch."""
        asking: list[tuple[Slot, Requests[list[Event]], InferenceRequest]] = []
        for seat, inquiry in going:
            self._advance(seat, inquiry, None, asking)
        while asking:
            now, asking = asking, []
            for (seat, inquiry, _), answer in zip(now, self._answers([entry[2] for entry in now]), strict=True):
                if answer is None:
                    self._fail(seat)
                else:
                    self._advance(seat, inquiry, answer, asking)

    def _advance(
        self,
        seat: Slot,
        inquiry: Requests[list[Event]],
        answer: InferenceResult | None,
        asking: list[tuple[Slot, Requests[list[Event]], InferenceRequest]],
    ) -> None:
        try:
            question = next(inquiry) if answer is None else inquiry.send(answer)
        except StopIteration as end:
            seat.deliver(seat.voice.finish(end.value, time.monotonic()))
            if seat.voice.ended:
                self.unseat(seat)
        except Exception:
            _logger.exception("a client's stream failed")
            self._fail(seat)
        else:
            asking.append((seat, inquiry, question))

    def _answers(self, questions: list[InferenceRequest]) -> Sequence[InferenceResult | None]:
        """The answers, None for a question that cannot be answered: one client's must not spoil the others'."""
        try:
            return run_batch(self._models, questions)
        except Exception:
            _logger.exception("a batch failed")
        return [self._answer_alone(question) for question in questions]

    def _answer_alone(self, question: InferenceRequest) -> InferenceResult | None:
        try:
            return run_batch(self._models, [question])[0]
        except Exception:
            return None

    def _fail(self, seat: Slot) -> None:
        self.unseat(seat)
        seat.fail()
