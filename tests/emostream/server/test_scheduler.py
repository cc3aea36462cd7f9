"""Whose turn it is: who keeps real time goes before who sent all at once, and a client's trouble is its own."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest

from emostream.audio import Samples
from emostream.events import Estimate, Event
from emostream.protocol import Start
from emostream.server.client_audio import ClientAudio
from emostream.server.scheduler import MOST_AT_ONCE, BatchScheduler, Slot
from tests.support.serving import until
from tests.support.streams import HZ, Parts

STEP = HZ // 4
WHOLE_S = 30


@dataclass
class Speaker:
    """A voice in a core, and what was delivered to it."""

    core: BatchScheduler
    parts: Parts
    estimates: int = 0
    failed: bool = False
    told: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        stream = self.parts.stream()
        self.voice = ClientAudio(Start(rate=HZ, format="f32le"), stream, "audio", time.monotonic())
        self.core.seat(Slot(self.voice, self.deliver, self.fail, may_go=lambda: True))

    def deliver(self, events: list[Event]) -> None:
        self.estimates += sum(isinstance(event, Estimate) for event in events)
        self.told.set()

    def fail(self) -> None:
        self.failed = True

    def say(self, audio: Samples) -> None:
        with self.core.changed:
            self.voice.take_audio(np.ascontiguousarray(audio, "<f4").tobytes(), time.monotonic())
            self.core.changed.notify()


@pytest.fixture
def core(parts: Parts) -> Iterator[BatchScheduler]:
    core = BatchScheduler(parts.models, threads=1)
    yield core
    core.close()


def test_who_keeps_real_time_need_not_wait_for_who_sent_all_at_once(
    core: BatchScheduler, parts: Parts, recording: Samples
) -> None:
    hurried, timely = Speaker(core, parts), Speaker(core, parts)
    hurried.say(recording[: WHOLE_S * HZ])
    until(lambda: hurried.estimates > 8)  # by now it is ahead of its own time
    for step in range(6):
        timely.told.clear()
        before = hurried.estimates
        timely.say(recording[step * STEP : (step + 1) * STEP])
        assert timely.told.wait(10)
        assert hurried.estimates - before <= 2
    assert timely.estimates >= 5
    assert hurried.estimates < 4 * WHOLE_S
    until(lambda: hurried.estimates >= 4 * WHOLE_S - 1)


def test_many_have_their_steps_read_together(core: BatchScheduler, parts: Parts, recording: Samples) -> None:
    speakers = [Speaker(core, parts) for _ in range(MOST_AT_ONCE + 3)]
    with core.changed:  # so that all have come before the core looks
        for speaker in speakers:
            speaker.voice.take_audio(recording[HZ : HZ + 4 * STEP].tobytes(), time.monotonic())
        core.changed.notify()
    until(lambda: all(speaker.estimates >= 3 for speaker in speakers))


def test_a_stream_that_fails_takes_no_other_with_it(
    core: BatchScheduler, parts: Parts, recording: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, well = Speaker(core, parts), Speaker(core, parts)

    def fail(*_: object) -> Iterator[None]:
        yield from ()
        raise RuntimeError("broken")

    monkeypatch.setattr(broken.voice, "reading", fail)
    broken.say(recording[:STEP])
    until(lambda: broken.failed)
    well.say(recording[: 2 * HZ])
    until(lambda: well.estimates >= 7)
    assert core.is_alive
    assert core.streams == 1
