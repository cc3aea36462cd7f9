"""The lamp: it follows the microphone, ends dark, and is tried again where it could not be set."""

import threading
from collections.abc import Callable

import msgspec
import pytest

from emostream.events import Gap, Health
from emostream.sinks.lamp import LampError, LampSink
from tests.support.serving import PATIENCE_S, until
from tests.support.stream_events import hello

AT = {"stream": "live", "t_start_ms": 0, "t_end_ms": 900}


def health(*, source_ok: bool) -> Health:
    return Health(seq=0, source="Yeti", source_ok=source_ok, lost_ms=0.0, lag_ms=0.0, **AT)


class RecordedLamp:
    """Keeps what it showed; ``on_show`` may fail or wait."""

    name = "lamp at the door"

    def __init__(self, on_show: Callable[[], None] = lambda: None) -> None:
        self.shown: list[bool] = []
        self.closed = False
        self._on_show = on_show

    def show(self, on: bool) -> None:
        self.shown.append(on)
        self._on_show()

    def close(self) -> None:
        self.closed = True


READ, AWAY = health(source_ok=True), health(source_ok=False)


def test_it_is_dark_at_first_follows_the_microphone_and_ends_dark() -> None:
    lamp = RecordedLamp()
    sink = LampSink(lamp)
    until(lambda: lamp.shown == [False])
    for event, length in ((Gap(seq=0, lost_ms=1.0, **AT), 1), (READ, 2), (READ, 2), (AWAY, 3), (READ, 4)):
        sink.emit(event)
        until(lambda length=length: len(lamp.shown) == length)
    sink.close()
    sink.close()
    assert lamp.shown == [False, True, False, True, False]
    assert lamp.closed
    assert (sink.name, sink.dropped_events) == ("lamp at the door", 0)


def test_in_a_replay_it_stays_dark() -> None:
    lamp = RecordedLamp()
    sink = LampSink(lamp)
    sink.emit(msgspec.structs.replace(hello(), recorded="2026-01-02T03:04:05Z"))
    sink.emit(READ)
    sink.emit(hello())
    sink.emit(READ)
    until(lambda: lamp.shown == [False, True])
    sink.emit(msgspec.structs.replace(hello(), recorded="2026-01-02T03:04:05Z"))
    sink.emit(READ)
    until(lambda: lamp.shown == [False, True, False])
    sink.close()
    assert lamp.shown == [False, True, False]


def test_of_what_comes_while_it_is_set_the_last_state_is_shown() -> None:
    reached, opened = threading.Event(), threading.Event()

    def wait() -> None:
        reached.set()
        assert opened.wait(PATIENCE_S)

    lamp = RecordedLamp(wait)
    sink = LampSink(lamp)
    assert reached.wait(PATIENCE_S)
    for event in (READ, AWAY, READ, AWAY, READ):
        sink.emit(event)
    opened.set()
    until(lambda: lamp.shown == [False, True])
    sink.close()
    assert lamp.shown == [False, True, False]


def test_one_that_fails_is_tried_again_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        if len(lamp.shown) < 4:
            raise LampError("it is not there")

    lamp = RecordedLamp(fail)
    with caplog.at_level("INFO", "emostream"):
        sink = LampSink(lamp, retry_s=0.001)
        until(lambda: len(lamp.shown) == 4)
        sink.close()
    assert lamp.shown == [False] * 4
    assert [record.getMessage() for record in caplog.records] == [
        "lamp at the door cannot be turned off (it is not there)",
        "lamp at the door can be turned off again",
    ]


def test_one_that_fails_does_not_delay_the_end() -> None:
    def fail() -> None:
        raise LampError("it is not there")

    lamp = RecordedLamp(fail)
    sink = LampSink(lamp, retry_s=PATIENCE_S)
    until(lambda: bool(lamp.shown))
    sink.close()
    assert lamp.closed
