"""A sink on a thread of its own: a blocked reader loses events and does not delay the stream."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest

from emostream.events import Event, Gap, Hello, decode
from emostream.sinks.detached import DetachedSink
from emostream.sinks.jsonl import JsonlSink
from tests.support.sinks import CollectingSink
from tests.support.stream_events import estimate

ROOT = Path(__file__).parents[3]
HELLO = Hello(seq=0, stream="m", t_start_ms=0, t_end_ms=0, labels=("a",), window_ms=1, step_ms=1, models=(), source="m")
STALLED = """
import sys
from emostream.events import Gap, Hello
from emostream.sinks.detached import DetachedSink
from emostream.sinks.jsonl import JsonlSink

sink = DetachedSink(JsonlSink(open(1, "wb", buffering=0, closefd=False)), close_timeout_s=0.2)
at = {"stream": "m", "t_start_ms": 0, "t_end_ms": 0}
sink.emit(Hello(seq=0, labels=("a",), window_ms=1, step_ms=1, models=(), source="m", **at))
for seq in range(20_000):
    sink.emit(Gap(seq=seq, stream="m", t_start_ms=0, t_end_ms=1, lost_ms=1.0))
sink.close()
print(sink.dropped_events > 0, file=sys.stderr)
"""


def gap(seq: int) -> Gap:
    return Gap(seq=seq, stream="m", t_start_ms=0, t_end_ms=1, lost_ms=1.0)


class BlockedSink(CollectingSink):
    """A sink that takes nothing until it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Event()
        self.opened = threading.Event()

    def emit(self, event: Event) -> None:
        self.reached.set()
        assert self.opened.wait(60)
        super().emit(event)


def test_events_arrive_in_order_and_close_waits_for_the_last() -> None:
    blocked = BlockedSink()
    sink = DetachedSink(blocked)
    blocked.opened.set()
    for seq in range(500):
        sink.emit(gap(seq))
    sink.close()
    sink.close()
    sink.emit(gap(500))
    assert blocked.events == [gap(seq) for seq in range(500)]
    assert blocked.closed
    assert sink.dropped_events == 0


def test_a_full_queue_drops_the_oldest_but_never_the_hello_and_counts() -> None:
    blocked = BlockedSink()
    sink = DetachedSink(blocked, capacity=3)
    sink.emit(gap(0))
    assert blocked.reached.wait(30)
    sink.emit(HELLO)
    for seq in range(1, 11):
        sink.emit(gap(seq))
    blocked.opened.set()
    sink.close()
    assert blocked.events == [gap(0), HELLO, gap(9), gap(10)]
    assert sink.dropped_events == 8


def test_a_reader_that_takes_nothing_holds_up_neither_the_stream_nor_its_end() -> None:
    command = [sys.executable, "-c", STALLED]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "streamer")}
    env.pop("PYTHONUNBUFFERED", None)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as talker:
        assert talker.stdout is not None
        assert talker.stderr is not None
        assert talker.wait(timeout=60) == 0
        assert talker.stderr.read() == b"True\n"
        assert decode(talker.stdout.readline()) == HELLO


def test_every_line_is_whole_when_the_pipe_is_smaller_than_the_line() -> None:
    long = msgspec.structs.replace(HELLO, source="x" * 300_000)
    reading, writing = os.pipe()
    with open(reading, "rb") as reader, open(writing, "wb", buffering=0) as writer:  # noqa: PTH123 (descriptors)
        sink = DetachedSink(JsonlSink(writer))
        sink.emit(long)
        assert decode(reader.readline()) == long
        sink.close()


def test_a_sink_that_raises_gets_no_more_and_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    class Failing(CollectingSink):
        def emit(self, event: Event) -> None:
            super().emit(event)
            if len(self.events) == 2:
                raise RuntimeError("a fault of its own")

    inner = Failing()
    sink = DetachedSink(inner)
    for seq in range(5):
        sink.emit(estimate(seq))
    sink.close()
    assert len(inner.events) == 2
    assert inner.closed
    assert sink.dropped_events == 4
    assert "failed and gets no more events" in caplog.text


def test_what_the_sink_dropped_and_what_was_never_taken_counts_too() -> None:
    blocked = BlockedSink()
    blocked.dropped_events = 2
    sink = DetachedSink(blocked, close_timeout_s=0.01)
    for seq in range(4):
        sink.emit(gap(seq))
    assert blocked.reached.wait(30)
    assert sink.dropped_events == 2
    sink.close()
    sink.close()
    assert sink.dropped_events == 2 + 4
    blocked.opened.set()
