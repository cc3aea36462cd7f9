"""The log of events on a real file system: rotation, a full disk, files that are moved, pipes whose readers leave."""

import fcntl
import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from emostream.events import AnyEvent, Gap, Hello, decode, encode
from emostream.sinks.log_file import LogFile

AT = {"stream": "m", "t_start_ms": 0, "t_end_ms": 1}
HELLO = Hello(seq=0, labels=("a",), window_ms=1, step_ms=1, models=(), source="m", **AT)
LINE = len(encode(HELLO)) + 1


def gap(seq: int) -> Gap:
    return Gap(seq=seq, lost_ms=1.0, **AT)


def events(path: Path) -> list[AnyEvent]:
    return [decode(line) for line in path.read_bytes().splitlines()]


def gaps(path: Path) -> list[int]:
    return [event.seq for event in events(path) if isinstance(event, Gap)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """No file of this process may grow beyond ``size`` bytes: its end is written in part, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class TestFile:
    def test_each_event_is_a_line_at_once_and_only_the_owner_reads_it(self, path: Path) -> None:
        log = LogFile(path, 1_000_000, 3)
        log.emit(HELLO)
        log.emit(gap(1))
        assert events(path) == [HELLO, gap(1)]
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        log.close()

    def test_a_full_file_is_replaced_and_each_one_begins_with_the_hello(self, path: Path) -> None:
        log = LogFile(path, LINE + 3 * len(encode(gap(10)) + b"\n"), 2)
        log.emit(HELLO)
        for seq in range(10, 22):
            log.emit(gap(seq))
        log.close()
        assert sorted(each.name for each in path.parent.iterdir()) == [
            "events.jsonl", "events.jsonl.1", "events.jsonl.2"
        ]  # fmt: skip
        files = [Path(f"{path}.2"), Path(f"{path}.1"), path]
        assert [gaps(file) for file in files] == [[13, 14, 15], [16, 17, 18], [19, 20, 21]]
        assert all(events(file)[0] == HELLO for file in files)
        assert log.dropped_events == 0

    def test_none_is_kept_where_none_is_wanted(self, path: Path) -> None:
        log = LogFile(path, LINE + 100, 0)
        log.emit(HELLO)
        for seq in range(20):
            log.emit(gap(seq))
        log.close()
        assert [each.name for each in path.parent.iterdir()] == ["events.jsonl"]
        assert gaps(path)[-1] == 19

    def test_it_goes_on_behind_what_is_there_and_behind_a_line_that_was_cut(self, path: Path) -> None:
        path.write_bytes(encode(HELLO) + b"\n" + b'{"type":"ga')
        log = LogFile(path, 1_000_000, 3)
        log.open()
        log.emit(HELLO)
        log.close()
        assert path.read_bytes().splitlines() == [encode(HELLO), b'{"type":"ga', encode(HELLO)]

    @pytest.mark.parametrize("removed", [False, True])
    def test_a_file_that_was_moved_away_or_removed_is_made_anew(self, path: Path, removed: bool) -> None:
        log = LogFile(path, 1_000_000, 3)
        log.emit(HELLO)
        log.emit(gap(1))
        path.unlink() if removed else path.rename(path.with_name("moved"))
        log.emit(gap(2))
        log.close()
        assert events(path) == [HELLO, gap(2)]

    def test_without_room_events_are_lost_until_there_is_some_and_no_line_is_cut(
        self, path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        log = LogFile(path, 1_000_000, 3)
        log.emit(HELLO)
        with file_size_limit(LINE + 1000):
            for seq in range(1, 101):
                log.emit(gap(seq))
        lost = log.dropped_events
        assert 0 < lost < 100
        assert gaps(path) == list(range(1, 101 - lost))
        log.emit(gap(101))
        log.close()
        assert gaps(path) == [*range(1, 101 - lost), 101]
        assert log.dropped_events == lost
        assert [record.getMessage() for record in caplog.records] == [
            f"log {path} takes no more (File too large): events are lost until it does",
            f"log {path} takes events again; {lost} were lost",
        ]

    def test_a_full_disk_is_named(self, caplog: pytest.LogCaptureFixture) -> None:
        log = LogFile(Path("/dev/full"), 1_000_000, 3)
        log.emit(HELLO)
        log.emit(gap(1))
        log.close()
        assert log.dropped_events == 2
        (record,) = caplog.records
        assert "log /dev/full takes no more (No space left on device)" in record.getMessage()

    def test_a_folder_that_is_not_there_is_known_at_once(self, path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            LogFile(path / "none" / "events.jsonl", 1000, 1).open()


class TestPipe:
    @pytest.fixture
    def pipe(self, path: Path) -> Path:
        os.mkfifo(path)
        return path

    def reader(self, pipe: Path) -> int:
        descriptor = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, 4096)
        return descriptor

    def test_readers_come_and_go_and_what_nobody_read_is_counted(
        self, pipe: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        log = LogFile(pipe, 1_000_000, 3)
        log.open()
        log.emit(HELLO)
        log.emit(gap(1))
        assert log.dropped_events == 2
        for seq in (2, 4):
            reader = self.reader(pipe)
            log.emit(gap(seq))
            assert [decode(line) for line in os.read(reader, 4096).splitlines()] == [HELLO, gap(seq)]
            os.close(reader)
            log.emit(gap(seq + 1))
        log.close()
        assert log.dropped_events == 4
        assert [record.getMessage().partition(str(pipe))[2] for record in caplog.records] == [
            " takes no more (nobody reads it): events are lost until it does",
            " takes events again; 2 were lost",
            " takes no more (its reader has gone): events are lost until it does",
            " takes events again; 1 were lost",
            " takes no more (its reader has gone): events are lost until it does",
        ]

    def test_a_reader_that_is_too_slow_loses_whole_lines(self, pipe: Path) -> None:
        log = LogFile(pipe, 1_000_000, 3)
        reader = self.reader(pipe)
        log.emit(HELLO)
        seqs = list(range(1, 200))
        for seq in seqs:
            log.emit(gap(seq))
        lost = log.dropped_events
        assert 0 < lost < len(seqs)
        received = os.read(reader, 1 << 20)
        log.emit(gap(200))
        received += os.read(reader, 1 << 20)
        log.close()
        os.close(reader)
        assert [decode(line).seq for line in received.splitlines()] == [0, *seqs[:-lost], 200]
        assert log.dropped_events == lost

    def test_the_rest_of_a_line_longer_than_the_pipe_follows(self, pipe: Path) -> None:
        log = LogFile(pipe, 1_000_000, 3)
        reader = self.reader(pipe)
        long = Hello(seq=0, labels=("a",), window_ms=1, step_ms=1, models=(), source="x" * 6000, **AT)
        log.emit(long)
        received = os.read(reader, 1 << 20)
        log.emit(gap(1))
        received += os.read(reader, 1 << 20)
        log.close()
        os.close(reader)
        assert [decode(line) for line in received.splitlines()] == [long, gap(1)]
