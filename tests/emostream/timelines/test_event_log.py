"""Logs of events, recording by recording."""

from pathlib import Path

import msgspec
import pytest

from emostream.errors import NoInputError
from emostream.events import Event, Hello, decode, encode
from emostream.sinks.log_file import LogFile
from emostream.timelines.event_log import log_files, log_recordings
from tests.support.timelines import made_up_events, write_log


def recordings(path: Path) -> tuple[dict[int, list[Event]], list[str]]:
    """The events of each recording, and what is wrong."""
    found: dict[int, list[Event]] = {}
    wrong = []
    for item in log_recordings(path):
        if isinstance(item, NoInputError):
            wrong.append(str(item))
        else:
            found.setdefault(item[0], []).append(item[1])
    return found, wrong


def test_events_are_read_again_also_of_names_that_are_no_utf8(tmp_path: Path) -> None:
    events = made_up_events()
    found, wrong = recordings(write_log(tmp_path / "log", *events))
    assert (found, wrong) == ({0: events}, [])


def test_a_log_that_was_rotated_is_one_recording(tmp_path: Path) -> None:
    events = made_up_events("talk.wav")
    path = tmp_path / "events.jsonl"
    log = LogFile(path, 4_000, 9)
    for event in events:
        log.emit(event)
    log.close()
    assert len(log_files(path)) > 2
    found, wrong = recordings(path)
    assert (found, wrong) == ({0: events}, [])
    (alone, *_), _ = recordings(tmp_path / "events.jsonl.1")
    assert alone == 0


def test_each_start_of_a_stream_is_a_recording_of_its_own(tmp_path: Path) -> None:
    first, second = (made_up_events("microphone", ts=ts) for ts in ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"))
    found, _ = recordings(write_log(tmp_path / "log", *first[:20], *second))
    assert found == {0: first[:20], 1: second}


@pytest.mark.parametrize("length", [None, 20])
def test_a_file_that_was_read_twice_is_two_recordings(length: int | None, tmp_path: Path) -> None:
    events = made_up_events("talk.wav")
    found, _ = recordings(write_log(tmp_path / "log", *events[:length], *events))
    assert found == {0: events[:length], 1: events}


def test_streams_may_be_mixed(tmp_path: Path) -> None:
    one, other = made_up_events("one.wav"), made_up_events("other.wav")
    mixed = [event for pair in zip(one, other, strict=True) for event in pair]
    found, _ = recordings(write_log(tmp_path / "log", *mixed))
    assert found == {0: one, 1: other}


def test_what_is_no_event_is_left_out_and_said(tmp_path: Path) -> None:
    events = made_up_events("talk.wav")
    path = write_log(tmp_path / "log", *events[:10])
    with path.open("ab") as file:
        file.write(b"not JSON\n" + encode(events[10]) + b"\n\n" + encode(events[11])[:20])
    found, (wrong,) = recordings(path)
    assert found == {0: events[:11]}
    assert wrong.startswith(f"{path}: 2 lines are no event and were left out: line 11 (")


def test_events_before_any_hello_are_left_out_and_said(tmp_path: Path) -> None:
    events = made_up_events("talk.wav")
    found, (wrong,) = recordings(write_log(tmp_path / "log", *events[1:5], *made_up_events("other.wav")))
    assert len(found) == 1
    assert "4 events stand before any hello of their stream" in wrong


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"RIFF" + bytes(5_000), "holds no events"), (b"hello\n" * 500, "holds no events: expected JSON lines")],
)
def test_what_is_no_log_is_one_line(content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(content)
    with pytest.raises(NoInputError, match=says):
        recordings(path)


def test_what_is_not_there_is_one_line(tmp_path: Path) -> None:
    for path, says in ((tmp_path / "log", "does not exist"), (tmp_path, "is no session")):
        with pytest.raises(NoInputError, match=says):
            recordings(path)


def test_the_wall_clock_is_kept(tmp_path: Path) -> None:
    events = made_up_events("microphone", ts="2026-01-01T00:00:00Z")
    found, _ = recordings(write_log(tmp_path / "log", *events))
    assert isinstance(found[0][0], Hello)
    assert found[0][0].ts == "2026-01-01T00:00:00Z"


def test_names_that_are_no_utf8_do_not_hide_what_else_is_wrong() -> None:
    line = encode(made_up_events("caf\udce9.wav")[0])
    assert decode(line).stream == "caf\udce9.wav"
    with pytest.raises(msgspec.DecodeError, match="seq"):
        decode(line.replace(b'"seq":0', b'"seq":"zero"'))
    with pytest.raises(msgspec.DecodeError, match="malformed"):
        decode(line[:-1])
