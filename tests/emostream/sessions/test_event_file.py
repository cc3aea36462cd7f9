"""The file of events: whole lines whatever happens to the process, the disk or the file."""

import gzip
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from emostream.errors import SessionError
from emostream.events import Event, UtteranceStart, encode
from emostream.sessions.event_file import EventWriter, read_events

FIRST = [UtteranceStart(seq=n, stream="live", t_start_ms=n, t_end_ms=n + 1) for n in range(50)]
LATER = [UtteranceStart(seq=n, stream="live", t_start_ms=n, t_end_ms=n + 1) for n in range(50, 90)]


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def write(path: Path, events: list[Event]) -> EventWriter:
    writer = EventWriter(path)
    for event in events:
        writer.push(event)
    writer.flush()
    return writer


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl.gz"


def test_what_was_flushed_is_there_before_the_end_and_after_it(path: Path) -> None:
    writer = write(path, FIRST)
    assert list(read_events(path)) == FIRST
    for event in LATER:
        writer.push(event)
    writer.finish()
    writer.close()
    assert list(read_events(path)) == FIRST + LATER
    assert writer.size == path.stat().st_size
    # Any program that reads gzip reads it.
    assert gzip.decompress(path.read_bytes()) == b"".join(encode(event) + b"\n" for event in FIRST + LATER)


def test_a_file_that_was_cut_anywhere_is_read_up_to_there(path: Path) -> None:
    write(path, FIRST).close()
    whole = path.read_bytes()
    for size in range(0, len(whole), 7):
        path.write_bytes(whole[:size])
        events = list(read_events(path))
        assert events == FIRST[: len(events)]


def test_without_room_nothing_is_written_in_part(path: Path) -> None:
    writer = write(path, FIRST)
    for event in LATER:
        writer.push(event)
    with no_file_beyond(writer.size + 10), pytest.raises(OSError, match="File too large"):
        writer.flush()
    writer.close()
    assert path.stat().st_size == writer.size
    assert list(read_events(path)) == FIRST


def test_damage_is_told_behind_what_is_good(path: Path) -> None:
    writer = write(path, FIRST)
    good = writer.size
    for event in LATER:
        writer.push(event)
    writer.finish()
    writer.close()
    data = bytearray(path.read_bytes())
    data[good + 3 :] = bytes(len(data) - good - 3)
    path.write_bytes(data)
    events = []
    with pytest.raises(SessionError, match=r"events\.jsonl\.gz is damaged behind event \d+: .* is good"):
        events.extend(read_events(path))  # the list keeps what came before
    with pytest.raises(SessionError, match="cannot be read"):
        list(read_events(path.with_name("none.gz")))


def test_a_file_that_is_there_is_not_overwritten(path: Path) -> None:
    write(path, FIRST).close()
    with pytest.raises(FileExistsError):
        EventWriter(path)
