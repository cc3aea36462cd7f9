"""The timeline as text."""

import io
import re

import pytest
from rich.console import Console

from emostream.timelines.pictures.strip import print_strip, write_strip
from emostream.timelines.timeline import Timeline, TimelineGap, TimelineUtterance
from tests.support.colours import ANGRY
from tests.support.stream_events import hello
from tests.support.timelines import made_up_timeline


def said(start_ms: int, end_ms: int, label: str | None, confidence: float) -> TimelineUtterance:
    return TimelineUtterance(start_ms, end_ms, label, {label or "sad": confidence} if confidence else {}, confidence)


def strip(timeline: Timeline) -> list[str]:
    file = io.BytesIO()
    write_strip(timeline, file)
    return file.getvalue().decode().splitlines()


def test_an_hour_has_a_line_for_each_minute() -> None:
    utterances = (
        said(0, 10_000, "sad", 0.8),
        said(62_000, 65_000, "happy", 0.5),
        said(70_000, 80_000, None, 0.4),
        said(90_000, 90_200, None, 0.0),
    )
    gaps = (TimelineGap(120_000, 125_000, "lost", 5_000), TimelineGap(130_000, 3_000_000, "paused", 0))
    lines = strip(Timeline(hello=hello(), length_ms=3_600_000, utterances=utterances, gaps=gaps))
    minutes = [line for line in lines if re.match(r" *\d+:\d\d  .", line)]
    assert len(minutes) == 60
    assert minutes[0] == "00:00  " + "S" * 10 + "·" * 50 + " sad     100%"
    assert minutes[1].startswith("01:00  ··hhh·····░░░░░░░░░░··········-·····")
    assert minutes[1].endswith(" unsure   76%")
    assert minutes[2] == "02:00  ╱╱╱╱╱·····" + "–" * 50
    assert minutes[50].strip() == "50:00  " + "·" * 60
    assert all(len(line) <= 80 for line in lines)
    assert lines[1] == "00:23 of speech in 1:00:00, 5.0 s lost"
    assert lines[-3:-1] == [
        "a angry  h happy  n neutral  s sad  upper case: 70% and more",
        "░ unsure  - too short  · silence  ╱ lost  – paused",
    ]


def test_a_short_one_has_words_below_confidence_as_height() -> None:
    utterances = (said(0, 4_000, "sad", 1.0), said(5_000, 6_000, "happy", 0.25), said(8_000, 13_000, "angry", 0.5))
    lines = strip(Timeline(hello=hello(), length_ms=20_000, utterances=utterances, gaps=()))
    assert lines[3] == "00:00  " + "█" * 24 + "·" * 6 + "▂" * 6 + "·" * 12 + "▄" * 12
    assert lines[4] == "       sad 100%                      happy"
    assert lines[5] == "00:10  " + "▄" * 18 + "·" * 42
    assert lines[6] == "       angry 50%"  # where the utterance has more room
    assert lines[2].split() == ["0", "2", "4", "6", "8", "s"]


@pytest.mark.parametrize("width", [80, 50, 30])
@pytest.mark.parametrize("seconds", [1, 60, 61, 119, 299, 301, 4_000])
def test_it_is_as_wide_as_the_terminal_at_most(width: int, seconds: int) -> None:
    utterances = [said(ms, ms + 1_700, "angry", 0.6) for ms in range(0, seconds * 1000, 2_000)]
    timeline = Timeline(hello=hello(), length_ms=seconds * 1000, utterances=tuple(utterances), gaps=())
    file = io.StringIO()
    print_strip(timeline, Console(file=file, width=width, color_system="truecolor", force_terminal=True))
    assert ANGRY.search(file.getvalue())
    plain = re.sub(r"\x1b\[[\d;]*m", "", file.getvalue())
    assert all(len(line) <= width for line in plain.splitlines()[2:])
    assert plain.count("a") + plain.count("▅") >= seconds / 4


def test_ten_hours_with_strange_labels_are_plain_text() -> None:
    lines = strip(made_up_timeline())
    assert sum(bool(re.match(r" *\d+:\d\d:\d\d|  +\d\d:\d\d  ", line)) for line in lines) == 600
    assert all(line.isprintable() for line in lines)


def test_nothing_at_all_is_a_line_too() -> None:
    lines = strip(Timeline(hello=hello(), length_ms=0, utterances=(), gaps=()))
    assert lines[1] == "00:00 of speech in 00:00"
