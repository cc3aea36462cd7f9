"""``emostream report``: diaries of sessions and logs."""

from pathlib import Path

import pytest

from emostream.errors import NO_INPUT, USAGE
from emostream.sessions.manifest import Kept
from tests.support.commands import assert_refused, emostream
from tests.support.days import a_day
from tests.support.recorded_sessions import record, silence
from tests.support.stream_events import hello, utterance
from tests.support.streams import Parts
from tests.support.timelines import write_log


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return write_log(tmp_path / "events.jsonl", *a_day())


def test_a_log_is_a_diary(log: Path) -> None:
    said = emostream("report", log, env={"TZ": "UTC"})
    assert (said.code, said.errors) == (0, "")
    assert said.out.startswith("# Diary of Ada\n")


def test_a_session_is_a_diary(parts: Parts, tmp_path: Path) -> None:
    record(tmp_path / "evening", Kept.EVENTS, parts, silence(3.0))
    said = emostream("report", tmp_path / "evening")
    assert (said.code, said.errors) == (0, "")
    assert "| 3 s |" in said.out


@pytest.mark.parametrize(("name", "begins"), [("diary.html", "<!doctype html>"), ("diary.md", "# Diary of Ada")])
def test_the_name_of_the_file_says_the_format(log: Path, name: str, begins: str) -> None:
    out = log.with_name(name)
    said = emostream("report", log, "--out", out)
    assert (said.code, said.out) == (0, "")
    assert out.read_text(encoding="utf-8").startswith(begins)


def test_another_name_is_refused(log: Path) -> None:
    assert_refused(emostream("report", log, "--out", log.with_name("diary.pdf")), USAGE, "expected one of .md", ".html")


def test_recordings_have_no_time_of_day(tmp_path: Path) -> None:
    said = emostream("report", write_log(tmp_path / "talk.jsonl", hello(), utterance(9)))
    assert_refused(said, NO_INPUT, "1 events say no time of day", "emostream timeline")
    assert not said.out


def test_what_is_no_session_does_not_end_the_others(log: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    said = emostream("report", tmp_path / "empty", log)
    assert_refused(said, NO_INPUT, "is no session: found no session.json")
    assert said.out.startswith("# Diary of Ada\n")
