"""JSON lines: one event, one line, at once, and a reader may leave."""

import io
import os
import subprocess
import sys

from emostream.events import Estimate, Gap, decode
from emostream.sinks.jsonl import JsonlSink

TALKER = """
import sys
from emostream.events import Gap
from emostream.sinks.jsonl import JsonlSink

sink = JsonlSink(sys.stdout.buffer)
seq = 0
while not sink.closed:
    sink.emit(Gap(seq=seq, stream="mic", t_start_ms=0, t_end_ms=10, lost_ms=10.0))
    seq += 1
sink.emit(Gap(seq=seq, stream="mic", t_start_ms=0, t_end_ms=10, lost_ms=10.0))
sink.close()
"""


def estimate(seq: int) -> Estimate:
    return Estimate(
        seq=seq,
        stream="mic",
        t_start_ms=0,
        t_end_ms=250 * seq,
        p={"froh": 0.75, "müde": 0.25},
        label="froh",
        confidence=0.75,
        agreement=1.0,
        speech=True,
        level_dbfs=-20.0,
    )


def test_every_event_is_one_line_that_decodes_to_itself() -> None:
    stream = io.BytesIO()
    sink = JsonlSink(stream)
    events = [estimate(0), Gap(seq=1, stream="mic", t_start_ms=0, t_end_ms=10, lost_ms=10.0), estimate(2)]
    for event in events:
        sink.emit(event)
    assert stream.getvalue().endswith(b"}\n")
    assert [decode(line) for line in stream.getvalue().splitlines()] == events


def test_a_line_is_there_as_soon_as_it_is_emitted() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as reader, os.fdopen(writing, "wb") as writer:
        JsonlSink(writer).emit(estimate(7))
        assert decode(reader.readline()) == estimate(7)


def test_a_closed_sink_takes_nothing_and_leaves_the_stream_open() -> None:
    stream = io.BytesIO()
    sink = JsonlSink(stream)
    sink.close()
    sink.close()
    sink.emit(estimate(0))
    assert stream.getvalue() == b""


def test_a_reader_that_leaves_ends_the_command_quietly() -> None:
    with subprocess.Popen([sys.executable, "-c", TALKER], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as talker:
        assert talker.stdout is not None
        assert talker.stderr is not None
        first = decode(talker.stdout.readline())
        talker.stdout.close()
        complaints = talker.stderr.read()
        assert talker.wait(timeout=30) == 0
    assert first == Gap(seq=0, stream="mic", t_start_ms=0, t_end_ms=10, lost_ms=10.0)
    assert complaints == b""
