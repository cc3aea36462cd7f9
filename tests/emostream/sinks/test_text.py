"""The timeline that people read."""

import io
import re
import subprocess
import sys

import msgspec
from rich.cells import cell_len
from rich.console import Console

from emostream.events import Certainty, Error, Estimate, Event, Gap, Hello, Summary, Utterance, UtteranceStart
from emostream.sinks.text import TextSink
from tests.support.colours import ANGRY
from tests.support.stream_events import VOICE

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


def utterance(start_ms: int, end_ms: int, label: str | None, confidence: float = 0.8) -> list[Event]:
    """The events of a stretch of speech: that it began, and its verdict."""
    began = UtteranceStart(seq=1, stream="s", t_start_ms=start_ms, t_end_ms=start_ms)
    p = {"angry": confidence, "happy": round(1 - confidence, 2)}
    p = p if label != "happy" else dict(zip(p, reversed(p.values()), strict=True))
    verdict = Utterance(
        seq=2, stream="s", t_start_ms=start_ms, t_end_ms=end_ms, p=p, label=label, confidence=confidence
    )
    return [began, verdict]


def printed(*events: Event, terminal: bool = False, with_steps: bool = False) -> str:
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, color_system="truecolor" if terminal else None, width=40)
    sink = TextSink(console, with_steps=with_steps)
    for event in events:
        sink.emit(event)
    sink.close()
    return file.getvalue()


def talk() -> list[Event]:
    """Two utterances with a pause between: the first is judged otherwise than it was shown at first."""
    (first, angry), (second, unsure) = utterance(400, 2100, "angry", 0.7), utterance(3100, 4000, None, 0.5)
    return [
        HELLO,
        first,
        estimate(1000, None, 0.5),
        estimate(1500, "happy", 0.9),
        estimate(2000, "happy", 0.7),
        estimate(2500, "angry", 0.8),
        angry,
        estimate(3000, None, speech=False),
        second,
        estimate(4000, None, 0.5),
        unsure,
        estimate(4500, None, speech=False),
        summary("angry", {"angry": 0.8, "happy": 0.2}),
    ]


def test_utterances_have_their_verdict_and_what_was_shown_before() -> None:
    assert printed(*talk()) == (
        "talk.wav\n"
        "  00:00.0 – 00:00.4  —\n"
        "  00:00.4 – 00:02.1  angry    70%  ━━━━━━━     earlier: happy\n"
        "  00:02.1 – 00:03.1  —\n"
        "  00:03.1 – 00:04.0  unsure        closest is angry, 50%\n"
        "  00:04.0 – 00:04.5  —\n"
        "\n"
        "  whole file  angry 80%  over 2.5 s of speech in 4.0 s\n"
        "  angry    80%  ━━━━━━━━──   50% of speaking time\n"
        "  happy    20%  ━━────────   50% of speaking time\n"
        "\n"
    )


def test_an_utterance_says_how_it_was_spoken() -> None:
    events = [
        msgspec.structs.replace(event, voice=VOICE) if isinstance(event, Utterance) else event for event in talk()
    ]
    spoken = "arousal 0.62 · 150 Hz · −18 dBFS · 3.5 syll./s"
    assert [line for line in printed(*events).splitlines() if "Hz" in line] == [
        f"  00:00.4 – 00:02.1  angry    70%  ━━━━━━━     {spoken}; earlier: happy",
        f"  00:03.1 – 00:04.0  unsure        closest is angry, 50%; {spoken}",
    ]


def test_what_was_shown_while_somebody_spoke_is_printed_when_it_is_asked_for() -> None:
    lines = printed(*talk(), with_steps=True).splitlines()
    assert lines[2:7] == [
        "    00:00.0 – 00:01.0  unsure        closest is angry, 80%",
        "    00:01.0 – 00:02.0  happy    80%  ━━━━━━━━",
        "    00:02.0 – 00:02.5  angry    80%  ━━━━━━━━",
        "  00:00.4 – 00:02.1  angry    70%  ━━━━━━━     earlier: happy",
        "  00:02.1 – 00:03.1  —",
    ]


def test_a_gap_stands_where_it_was() -> None:
    gap = Gap(seq=2, stream="s", t_start_ms=1000, t_end_ms=1320, lost_ms=320.0)
    lines = printed(HELLO, *utterance(0, 900, "angry"), gap, *utterance(1320, 2320, "angry")).splitlines()
    assert [line.split("  ")[1:3] for line in lines[1:]] == [
        ["00:00.0 – 00:00.9", "angry"],
        ["00:01.0 – 00:01.3", "lost"],
        ["00:01.3 – 00:02.3", "angry"],
    ]


def test_an_utterance_is_printed_as_soon_as_it_has_ended_and_close_prints_the_open_pause() -> None:
    file = io.StringIO()
    sink = TextSink(Console(file=file))
    began, verdict = utterance(0, 900, "angry")
    for event in (HELLO, began, estimate(900, "angry")):
        sink.emit(event)
    assert file.getvalue() == "talk.wav\n"
    sink.emit(verdict)
    assert "angry" in file.getvalue()
    sink.emit(estimate(2000, None, speech=False))
    assert "—" not in file.getvalue()
    sink.close()
    sink.close()
    assert file.getvalue().count("00:00.9 – 00:02.0  —") == 1


def test_close_prints_what_was_shown_of_the_open_utterance() -> None:
    began, _ = utterance(400, 900, "angry")
    started = [HELLO, began, estimate(1000, None), estimate(1500, "angry")]
    assert printed(*started).splitlines()[2] == "  00:00.4 – 00:01.5  angry    80%  ━━━━━━━━    not ended"
    assert printed(HELLO, began).splitlines()[2] == "  00:00.4 – 00:00.4  too short  not ended"


def test_speech_that_was_too_short_to_judge_is_said_to_be() -> None:
    began, verdict = utterance(0, 200, None)
    too_short = msgspec.structs.replace(verdict, p={}, confidence=0.0)
    assert printed(HELLO, began, too_short).splitlines()[1] == "  00:00.0 – 00:00.2  too short"


def test_each_file_starts_its_own_clock() -> None:
    silent = estimate(5000, None, speech=False)
    lines = printed(HELLO, silent, HELLO, *utterance(0, 1000, "angry")).splitlines()
    assert lines[1] == "  00:00.0 – 00:05.0  —"
    assert lines[-1].startswith("  00:00.0 – 00:01.0")


def test_a_file_without_speech_and_one_without_a_clear_label_say_so() -> None:
    assert "whole file  no speech in 4.0 s" in printed(HELLO, summary(None, {}, speech_seconds=0.0))
    text = printed(HELLO, summary(None, {"angry": 0.5, "happy": 0.5}))
    assert "whole file  unsure (closest is angry, 50%)  over 2.5 s" in text


def test_an_error_is_one_line() -> None:
    error = Error(seq=1, stream="s", t_start_ms=0, t_end_ms=0, code="decode", message="talk.wav ends after 12 bytes")
    assert printed(HELLO, error) == "talk.wav\ntalk.wav ends after 12 bytes\n"


def test_colour_is_for_terminals_alone() -> None:
    events = (HELLO, *utterance(0, 1000, "angry"), summary("angry", {"angry": 0.8, "happy": 0.2}))
    assert "\x1b" not in printed(*events)
    assert re.search(ANGRY.pattern + "angry", printed(*events, terminal=True))


def test_columns_stand_under_each_other_for_labels_of_any_script() -> None:
    hello = msgspec.structs.replace(HELLO, labels=("怒り", "überrascht"))
    lines = printed(hello, *utterance(0, 1000, "怒り"), *utterance(1000, 1500, "überrascht")).splitlines()
    assert len({cell_len(line[: line.index("80%")]) for line in lines[1:]}) == 1


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
