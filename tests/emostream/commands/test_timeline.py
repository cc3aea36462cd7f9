"""``emostream timeline``: logs of events in the formats of ``emostream file``."""

import csv
import io
import json
from pathlib import Path

import pytest

from emostream.errors import NO_INPUT, USAGE
from emostream.events import encode
from emostream.sessions.manifest import Kept
from emostream.sinks.log_file import LogFile
from tests.support.commands import assert_refused, emostream
from tests.support.processes import events_of
from tests.support.recorded_sessions import record, silence
from tests.support.streams import Parts
from tests.support.timeline_readers import READERS
from tests.support.timelines import GAPS, NAMES, SPOKEN, made_up_events, write_log

TS = "2026-01-01T08:00:00.000Z"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Of two starts of one microphone, the first of which was stopped within an utterance."""
    later = made_up_events("microphone", ts="2026-01-02T08:00:00.000Z")
    return write_log(tmp_path / "events.jsonl", *made_up_events("microphone", ts=TS)[:12], *later)


def test_text_has_the_utterances_of_each_recording(log: Path) -> None:
    said = emostream("timeline", log)
    assert (said.code, said.errors) == (0, "")
    first, second = said.out.split("microphone\n")[1:]
    assert "not ended" in first
    assert "whole file" not in first
    for spoken in SPOKEN:
        assert f"  {spoken.name}" in second
    assert "earlier: שמח" in second
    assert "  lost" in second
    assert len(emostream("timeline", log, "--steps").out.splitlines()) > len(said.out.splitlines())


def test_rows_of_all_recordings_stand_below_one_header(log: Path) -> None:
    said = emostream("timeline", log, "--format", "csv")
    assert (said.code, said.errors) == (0, "")
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert [row["reason"] for row in rows][:2] == ["not ended", ""]
    assert len(rows) == 1 + len(SPOKEN) + len(GAPS)
    assert rows[1]["ts"] == "2026-01-02T08:00:00.000Z"


def test_files_are_numbered_where_a_log_has_several_recordings(log: Path, tmp_path: Path) -> None:
    said = emostream("timeline", log, "--format", "csv,eaf", "--out", tmp_path / "out")
    assert (said.code, said.errors) == (0, "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "events-1.csv",
        "events-1.eaf",
        "events-2.csv",
        "events-2.eaf",
    ]
    assert READERS["eaf"](tmp_path / "out" / "events-2.eaf") == (NAMES, list(GAPS))
    assert "2 files" in said.out


def test_a_log_that_was_rotated_is_whole(tmp_path: Path) -> None:
    events = made_up_events("microphone", ts=TS)
    sink = LogFile(tmp_path / "events.jsonl", 4_000, 9)
    for event in events:
        sink.emit(event)
    sink.close()
    said = emostream("timeline", tmp_path / "events.jsonl", "--format", "jsonl")
    assert events_of(said.out) == events
    said = emostream("timeline", tmp_path / "events.jsonl", "--format", "jsonl", "--events", "gap")
    assert events_of(said.out) == [events[0], *(event for event in events if type(event).__name__ == "Gap")]


def test_recordings_whose_events_are_mixed_are_not(tmp_path: Path) -> None:
    one, other = made_up_events("one"), made_up_events("other")
    mixed = [event for pair in zip(one, other, strict=True) for event in pair]
    said = emostream("timeline", write_log(tmp_path / "log", *mixed))
    alone = emostream("timeline", write_log(tmp_path / "alone", *one, *other))
    assert said.out == alone.out


def test_lines_that_are_no_events_are_said_and_the_others_served(log: Path) -> None:
    with log.open("ab") as file:
        file.write(b'{"type": "')
    said = emostream("timeline", log, "--format", "csv")
    assert_refused(said, NO_INPUT, f"{log}: 1 line is no event and was left out: line ")
    assert "35990.000,35999.250" in said.out


def test_what_does_not_go_together_is_refused(log: Path, tmp_path: Path) -> None:
    assert_refused(emostream("timeline", log, "--format", "srt"), USAGE, "found 2 recordings", "--out DIR")
    assert_refused(emostream("timeline", log, "--format", "srt,csv"), USAGE, "2 formats for standard output")
    assert_refused(emostream("timeline", tmp_path / "none"), NO_INPUT, "none does not exist: expected a log of events")
    strange = write_log(tmp_path / "strange", made_up_events("a")[0])
    with strange.open("ab") as file:
        file.write(encode(made_up_events("a")[8]).replace(b"angry", b"cross") + b"\n")
    assert_refused(emostream("timeline", strange), NO_INPUT, "got probabilities of cross, expected those of angry")


def test_a_recorded_session_is_a_timeline_too(parts: Parts, tmp_path: Path) -> None:
    record(tmp_path / "evening", Kept.EVENTS, parts, silence(3.0))
    said = emostream("timeline", tmp_path / "evening", "--format", "json", "--out", tmp_path / "out")
    assert (said.code, said.errors) == (0, "")
    assert json.loads((tmp_path / "out" / "evening.json").read_bytes())["length_ms"] == 3000
