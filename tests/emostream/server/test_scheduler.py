"""Which audio is read when: real time goes before what came at once, whole batches, and a failure is its stream's own.

Rounds are run by hand and the clock stands still, so nothing here depends on how fast the machine is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from emostream.audio import Samples
from emostream.events import Estimate, Event, Health, Summary
from emostream.inference.batching import InferenceRequest, InferenceResult, run_batch
from emostream.inference.model import EmotionModel
from emostream.protocol import Start, Stop
from emostream.server import scheduler as scheduler_module
from emostream.server.client_audio import ClientAudio
from emostream.server.network_interval import LONGEST
from emostream.server.scheduler import MAX_BATCH_SIZE, BatchScheduler, Slot
from tests.support.serving import until
from tests.support.streams import HZ, Parts

STEP = HZ // 4


@dataclass
class Clock:
    now_s: float = 1000.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Speaker:
    """A client's audio in a scheduler, and what was delivered to it."""

    scheduler: BatchScheduler
    parts: Parts
    now_s: float = 1000.0
    events: list[Event] = field(default_factory=list)
    failures: int = 0

    def __post_init__(self) -> None:
        self.audio = ClientAudio(Start(rate=HZ, format="f32le"), self.parts.stream(), self.now_s)
        self.slot = Slot(self.audio, self.deliver, self.fail, has_room=lambda: True)
        self.scheduler.add(self.slot)

    @property
    def estimates(self) -> int:
        return sum(isinstance(event, Estimate) for event in self.events)

    def deliver(self, events: list[Event]) -> None:
        self.events += events

    def fail(self) -> None:
        self.failures += 1

    def send(self, audio: Samples) -> None:
        self.scheduler.put(self.slot, np.ascontiguousarray(audio, "<f4").tobytes())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def scheduler(parts: Parts, clock: Clock) -> BatchScheduler:
    """One whose rounds the test runs."""
    return BatchScheduler(parts.models, threads=0, clock=clock)


def test_audio_in_real_time_goes_before_audio_that_came_at_once(
    scheduler: BatchScheduler, parts: Parts, recording: Samples, clock: Clock
) -> None:
    fast, real_time = Speaker(scheduler, parts), Speaker(scheduler, parts)
    fast.send(recording[: 30 * HZ])
    for _ in range(8):
        scheduler.run_round()  # by now two seconds were read at a moment: it is ahead of its own time
    for step in range(6):
        clock.now_s += 0.25
        before = fast.estimates
        real_time.send(recording[step * STEP : (step + 1) * STEP])
        scheduler.run_round()
        assert (real_time.estimates, fast.estimates) == (max(0, step), before), "real time goes first"
        scheduler.run_round()
        assert fast.estimates == before + 1, "the other goes on when nothing else is due"
    while fast.estimates < 4 * 30 - 1:
        scheduler.run_round()


def test_audio_that_was_saved_up_in_silence_does_not_go_before_real_time(
    scheduler: BatchScheduler, parts: Parts, recording: Samples, clock: Clock
) -> None:
    saving, real_time = Speaker(scheduler, parts), Speaker(scheduler, parts)
    clock.now_s += 60
    saving.send(recording[: 20 * HZ])
    for _ in range(6):
        scheduler.run_round()  # as much as its credit
    for step in range(1, 7):
        real_time.send(recording[(step - 1) * STEP : step * STEP])
        before = saving.estimates
        scheduler.run_round()
        assert (real_time.estimates, saving.estimates) == (max(0, step - 1), before), "real time goes first"
        scheduler.run_round()
        assert saving.estimates == before + 1
        clock.now_s += 0.25


def test_windows_of_many_clients_run_as_one_batch(
    scheduler: BatchScheduler, parts: Parts, recording: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    def counted(models: Sequence[EmotionModel], requests: Sequence[InferenceRequest]) -> list[InferenceResult]:
        sizes.append(len(requests))
        return run_batch(models, requests)

    monkeypatch.setattr(scheduler_module, "run_batch", counted)
    speakers = [Speaker(scheduler, parts) for _ in range(MAX_BATCH_SIZE)]
    for speaker in speakers:
        speaker.send(recording[HZ : HZ + 8 * STEP])
    for _ in range(8):
        scheduler.run_round()
    assert [speaker.estimates for speaker in speakers] == [7] * MAX_BATCH_SIZE
    assert len(sizes) >= 6
    assert set(sizes) == {MAX_BATCH_SIZE}, "a request that runs alone costs as much as a batch"


def test_a_batch_runs_each_network_once(
    scheduler: BatchScheduler, parts: Parts, recording: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes: list[int] = []
    run = EmotionModel.run

    def counted(self: EmotionModel, windows: Samples, offset: Samples | None = None) -> tuple[Samples, Samples]:
        shapes.append(len(windows))
        return run(self, windows, offset)

    monkeypatch.setattr(EmotionModel, "run", counted)
    speakers = [Speaker(scheduler, parts) for _ in range(MAX_BATCH_SIZE)]
    for speaker in speakers:
        speaker.send(recording[HZ : HZ + 4 * STEP])
    for _ in range(4):
        scheduler.run_round()
    assert shapes
    assert set(shapes) == {MAX_BATCH_SIZE}
    assert len(shapes) <= 4 * len(parts.models)


def test_no_more_than_a_batch_is_read_in_a_round(scheduler: BatchScheduler, parts: Parts, recording: Samples) -> None:
    speakers = [Speaker(scheduler, parts) for _ in range(MAX_BATCH_SIZE + 3)]
    for speaker in speakers:
        speaker.send(recording[HZ : HZ + 4 * STEP])
    scheduler.run_round()
    assert sum(speaker.audio.waiting_since_s is not None for speaker in speakers) == MAX_BATCH_SIZE + 3
    for _ in range(7):
        scheduler.run_round()
    assert all(speaker.estimates >= 2 for speaker in speakers)


class BrokenError(RuntimeError):
    pass


def broken(*_: object) -> list[Event]:
    raise BrokenError


def broken_requests(*_: object) -> Iterator[None]:
    yield from ()
    raise BrokenError


@pytest.mark.parametrize("part", ["requests", "finish", "deliver", "fail too"])
def test_a_stream_that_fails_ends_alone(
    part: str, scheduler: BatchScheduler, parts: Parts, recording: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing, healthy = Speaker(scheduler, parts), Speaker(scheduler, parts)
    match part:
        case "requests":
            monkeypatch.setattr(failing.audio, "requests", broken_requests)
        case "finish":
            monkeypatch.setattr(failing.audio, "finish", broken)
        case _:
            failing.slot.deliver = broken
    if part == "fail too":
        failing.slot.fail = broken
    for speaker in (failing, healthy):
        speaker.send(recording[: 2 * HZ])
    for _ in range(9):
        scheduler.run_round()
    assert healthy.estimates == 7
    assert (failing.events, failing.failures) == ([], 0 if part == "fail too" else 1)
    assert scheduler.streams == 1


@pytest.mark.parametrize("part", ["finish", "deliver", "fail too"])
def test_a_failure_ends_no_thread(part: str, parts: Parts, recording: Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    scheduler = BatchScheduler(parts.models, threads=1)
    try:
        failing, healthy = Speaker(scheduler, parts), Speaker(scheduler, parts)
        if part == "finish":
            monkeypatch.setattr(failing.audio, "finish", broken)
        else:
            failing.slot.deliver = broken
        if part == "fail too":
            failing.slot.fail = broken
        failing.send(recording[:STEP])
        until(lambda: scheduler.streams == 1)
        healthy.send(recording[: 2 * HZ])
        until(lambda: healthy.estimates >= 7)
        assert scheduler.is_alive
    finally:
        scheduler.close()


def test_a_request_that_cannot_be_run_spoils_no_other_of_its_batch(
    scheduler: BatchScheduler, parts: Parts, recording: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned: list[InferenceRequest] = []

    def run(models: Sequence[EmotionModel], requests: Sequence[InferenceRequest]) -> list[InferenceResult]:
        if not poisoned:
            poisoned.append(requests[0])
        if any(request is poisoned[0] for request in requests):
            raise BrokenError
        return run_batch(models, requests)

    monkeypatch.setattr(scheduler_module, "run_batch", run)
    speakers = [Speaker(scheduler, parts) for _ in range(3)]
    for speaker in speakers:
        speaker.send(recording[HZ : 3 * HZ])
    for _ in range(9):
        scheduler.run_round()
    assert sorted(speaker.failures for speaker in speakers) == [0, 0, 1]
    assert sorted(speaker.estimates for speaker in speakers)[1:] == [7, 7]


def test_a_stream_that_was_stopped_leaves_the_scheduler(
    scheduler: BatchScheduler, parts: Parts, recording: Samples
) -> None:
    speaker = Speaker(scheduler, parts)
    speaker.send(recording[:HZ])
    scheduler.put(speaker.slot, Stop())
    for _ in range(6):
        scheduler.run_round()
    assert isinstance(speaker.events[-1], Summary)
    assert scheduler.streams == 0


def test_under_lag_networks_run_more_rarely_for_audio_in_real_time_alone(
    scheduler: BatchScheduler, parts: Parts, recording: Samples, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[InferenceRequest] = []

    def counted(models: Sequence[EmotionModel], requests: Sequence[InferenceRequest]) -> list[InferenceResult]:
        ran.extend(requests)
        return run_batch(models, requests)

    monkeypatch.setattr(scheduler_module, "run_batch", counted)
    late, prompt, at_once = (Speaker(scheduler, parts, clock.now_s) for _ in range(3))
    audio, seconds = recording[: 16 * HZ], 16

    def runs() -> int:
        return sum(len(windows) for request in ran for windows in request.windows)

    def speak(speaker: Speaker, waited_s: float) -> int:
        """A stream in real time, each step of which waits; gives how many windows the networks had."""
        before = runs()
        for start in range(0, len(audio), STEP):
            clock.now_s += 0.25
            speaker.send(audio[start : start + STEP])
            clock.now_s += waited_s
            scheduler.run_round()
            clock.now_s -= waited_s
        return runs() - before

    rarely = speak(late, 0.2)
    assert scheduler.network_interval == LONGEST
    assert scheduler.sparse_steps > 0
    before = runs()
    at_once.send(audio)
    while at_once.audio.waiting_since_s is not None:
        scheduler.run_round()
    in_full = runs() - before
    assert scheduler.network_interval == LONGEST, "nothing changed meanwhile"
    clock.now_s += 100
    assert scheduler.network_interval == 1
    assert rarely < in_full == speak(prompt, 0.0)
    healths = [event.network_interval for event in late.events if isinstance(event, Health)]
    assert (healths[0], healths[-1]) == (1, LONGEST)
    for speaker in (at_once, prompt):
        assert {event.network_interval for event in speaker.events if isinstance(event, Health)} == {1}
    assert speaker.estimates == late.estimates == 4 * seconds - 1


def test_audio_that_is_read_late_is_live_and_audio_that_came_at_once_is_not(
    scheduler: BatchScheduler, parts: Parts, recording: Samples, clock: Clock
) -> None:
    late, at_once = (Speaker(scheduler, parts, clock.now_s) for _ in range(2))
    for step in range(20):
        clock.now_s += 0.25
        late.send(recording[step * STEP : (step + 1) * STEP])
    at_once.send(recording[: 5 * HZ])
    while late.audio.is_ready or at_once.audio.is_ready:
        assert (late.audio.is_live, at_once.audio.is_live) == (True, not at_once.audio.is_ready)
        scheduler.run_round()
    late.send(recording[: 2 * STEP])
    assert late.audio.is_live
