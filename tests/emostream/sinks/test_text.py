"""The timeline that people read."""

import io
import re
import subprocess
import sys

import msgspec
from rich.cells import cell_len
from rich.console import Console

from emostream.events import Certainty, Error, Estimate, Event, Gap, Hello, Summary
from emostream.sinks.text import TextSink

HELLO = Hello(
    seq=0,
    stream="s",
    t_start_ms=0,
    t_end_ms=0,
    labels=("angry", "happy"),
    window_ms=1000,
    step_ms=500,
    models=(),
    source="talk.wav",
)
ENDLESS = """
import sys
from rich.console import Console
from emostream.events import Gap
from emostream.sinks.text import TextSink

sink = TextSink(Console())
while not sink.closed:
    sink.emit(Gap(seq=0, stream="s", t_start_ms=0, t_end_ms=500, lost_ms=500.0))
sink.close()
"""


def test_what_being_right_costs_stands_below_the_name() -> None:
    certainty = Certainty(be_right=0.8, confidence=0.7, right=0.81, coverage=0.61)
    shown = io.StringIO()
    TextSink(Console(file=shown, width=200)).emit(msgspec.structs.replace(HELLO, certainty=certainty))
    assert shown.getvalue().splitlines() == [
        "talk.wav",
        "  asked for 80% right: 81% were, on speakers never heard; a label for 61% of speech",
    ]


def estimate(t_end_ms: int, label: str | None, confidence: float = 0.8, speech: bool = True) -> Estimate:
    return Estimate(
        seq=1,
        stream="s",
        t_start_ms=max(0, t_end_ms - 1000),
        t_end_ms=t_end_ms,
        p={"angry": 0.8, "happy": 0.2},
        label=label,
        confidence=confidence,
        agreement=1.0,
        speech=speech,
        level_dbfs=-20.0,
    )


def summary(label: str | None, p: dict[str, float], speech_seconds: float = 2.5) -> Summary:
    return Summary(
        seq=9,
        stream="s",
        t_start_ms=0,
        t_end_ms=4000,
        source="talk.wav",
        p=p,
        label=label,
        confidence=max(p.values(), default=0.0),
        seconds=4.0,
        speech_seconds=speech_seconds,
        share=dict.fromkeys(p, 1 / max(len(p), 1)),
    )


def printed(*events: Event, terminal: bool = False) -> str:
    file = io.StringIO()
    sink = TextSink(
        Console(file=file, force_terminal=terminal, color_system="truecolor" if terminal else None, width=40)
    )
    for event in events:
        sink.emit(event)
    sink.close()
    return file.getvalue()


def test_equal_neighbours_become_one_span_and_the_file_gets_a_verdict() -> None:
    text = printed(
        HELLO,
        estimate(1000, "angry", 0.7),
        estimate(1500, "angry", 0.9),
        estimate(2000, None, 0.5),
        estimate(2500, None, 0.5, speech=False),
        estimate(3000, "happy", 1.0),
        summary("angry", {"angry": 0.8, "happy": 0.2}),
    )
    assert text == (
        "talk.wav\n"
        "  00:00.0 – 00:01.5  angry   0.80  ━━━━━━━━\n"
        "  00:01.5 – 00:02.0  unsure  0.50  ━━━━━\n"
        "  00:02.0 – 00:02.5  —\n"
        "  00:02.5 – 00:03.0  happy   1.00  ━━━━━━━━━━\n"
        "\n"
        "  whole file  angry  0.80  over 2.5 s of speech in 4.0 s\n"
        "  angry   0.80  ━━━━━━━━──   50% of speaking time\n"
        "  happy   0.20  ━━────────   50% of speaking time\n"
        "\n"
    )


def test_a_gap_ends_a_span_and_the_next_one_starts_after_it() -> None:
    gap = Gap(seq=2, stream="s", t_start_ms=1000, t_end_ms=1320, lost_ms=320.0)
    lines = printed(HELLO, estimate(1000, "angry"), gap, estimate(2320, "angry")).splitlines()
    assert [line.split("  ")[1:3] for line in lines[1:]] == [
        ["00:00.0 – 00:01.0", "angry"],
        ["00:01.0 – 00:01.3", "lost"],
        ["00:01.3 – 00:02.3", "angry"],
    ]


def test_a_span_is_printed_as_soon_as_it_has_ended_and_close_prints_the_open_one() -> None:
    file = io.StringIO()
    sink = TextSink(Console(file=file))
    for event in (HELLO, estimate(1000, "angry"), estimate(1500, "happy")):
        sink.emit(event)
    assert "angry" in file.getvalue()
    assert "happy" not in file.getvalue()
    sink.close()
    sink.close()
    assert file.getvalue().count("happy") == 1


def test_each_file_starts_its_own_clock() -> None:
    lines = printed(HELLO, estimate(5000, "angry"), HELLO, estimate(1000, "angry")).splitlines()
    assert lines[-1].startswith("  00:00.0 – 00:01.0")


def test_a_file_without_speech_and_one_without_a_clear_label_say_so() -> None:
    assert "whole file  no speech in 4.0 s" in printed(HELLO, summary(None, {}, speech_seconds=0.0))
    assert "whole file  unsure  0.50" in printed(HELLO, summary(None, {"angry": 0.5, "happy": 0.5}))


def test_an_error_is_one_line() -> None:
    error = Error(seq=1, stream="s", t_start_ms=0, t_end_ms=0, code="decode", message="talk.wav ends after 12 bytes")
    assert printed(HELLO, error) == "talk.wav\ntalk.wav ends after 12 bytes\n"


def test_colour_is_for_terminals_alone() -> None:
    events = (HELLO, estimate(1000, "angry"), summary("angry", {"angry": 0.8, "happy": 0.2}))
    assert "\x1b" not in printed(*events)
    # Rich keeps a style's codes from the terminal it was first drawn for: of 16 colours, 256, or 16 million.
    assert re.search(r"\x1b\[(91|38;5;167|38;2;210;63;49)mangry", printed(*events, terminal=True))


def test_columns_stand_under_each_other_for_labels_of_any_script() -> None:
    hello = msgspec.structs.replace(HELLO, labels=("怒り", "überrascht"))
    lines = printed(hello, estimate(1000, "怒り"), estimate(1500, "überrascht"), estimate(2000, None)).splitlines()
    assert len({cell_len(line[: line.index("0.80")]) for line in lines[1:]}) == 1


def test_a_reader_that_leaves_ends_the_command_quietly() -> None:
    with subprocess.Popen([sys.executable, "-c", ENDLESS], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as talker:
        assert talker.stdout is not None
        assert talker.stderr is not None
        first = talker.stdout.readline().decode()
        talker.stdout.close()
        complaints = talker.stderr.read()
        assert talker.wait(timeout=30) == 0
    assert first == "  00:00.0 – 00:00.5  lost\n"
    assert complaints == b""
