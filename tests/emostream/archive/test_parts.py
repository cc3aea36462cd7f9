"""Parts: what counts, what does not, and what comes of a process that is killed at any moment."""

import io
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest
from pyarrow import parquet

from emostream.archive.facts import ArchiveFacts
from emostream.archive.parts import PartWriter, open_parts
from emostream.archive.results import BadFile, ReadFile, Result
from emostream.archive.schema import Table, columns_of
from emostream.archive.source import Source
from emostream.archive.store import Store
from emostream.batch.overview import Overview
from emostream.errors import UsageError
from emostream.events import VoiceMeasures
from emostream.timelines.timeline import TimelineUtterance

LABELS = ("angry", "sad")
FACTS = ArchiveFacts(model="0123456789abcdef", labels=LABELS, models=(), options={})


class Killed(BaseException):
    """As if the process were no more."""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"memory://{tmp_path.name}")


def read_file(name: str, n_utterances: int = 2) -> ReadFile:
    voice = VoiceMeasures(
        arousal=0.5, pitch_hz=200.0, pitch_range_semitones=4.0, loudness_dbfs=-20.0, syllables_per_s=4.0
    )
    spoken = [
        TimelineUtterance(1000 * n, 1000 * n + 500, "sad", {"angry": 0.25, "sad": 0.75}, 0.75, voice)
        for n in range(n_utterances)
    ]
    short = TimelineUtterance(9000, 9100, None, {}, 0.0)
    overview = Overview(
        source=name,
        seconds=10.0,
        speech_s=4.0,
        lost_s=0.0,
        label="sad",
        confidence=0.75,
        p={"angry": 0.25, "sad": 0.75},
        share={"angry": 0.25, "sad": 0.75},
    )
    return ReadFile(Source(name, f"/{name}", 7, "Ada", '{"town": "Köln"}'), overview, (*spoken, short))


def bad_file(name: str) -> BadFile:
    return BadFile(Source(name, f"/{name}", 3), f"{name} is no sound")


def writer(store: Store) -> PartWriter:
    return PartWriter(store, FACTS, open_parts(store, LABELS, retry_errors=False))


def rows(store: Store, table: Table, column: str = "file") -> list[object]:
    found: list[object] = []
    for name in store.names(table, ".parquet"):
        found += parquet.read_table(io.BytesIO(store.read(f"{table}/{name}") or b"")).column(column).to_pylist()
    return found


def write(store: Store, *results: Result) -> None:
    writing = writer(store)
    for result in results:
        writing.add(result)
    writing.commit()


def test_a_part_has_the_columns_that_the_schema_says(store: Store) -> None:
    write(store, read_file("a.wav"), bad_file("b.wav"))
    for table in Table:
        (name,) = store.names(table, ".parquet")
        schema = parquet.read_schema(io.BytesIO(store.read(f"{table}/{name}") or b""))
        assert schema.names == [column.name for column in columns_of(table, LABELS)]
        assert b'"schema":1' in schema.metadata[b"emostream"]
    assert rows(store, Table.UTTERANCES, "utterance") == [0, 1, 2]
    assert rows(store, Table.UTTERANCES, "reason") == [None, None, "too short"]
    assert rows(store, Table.UTTERANCES, "p_sad") == [0.75, 0.75, None]
    assert rows(store, Table.UTTERANCES, "pitch_hz") == [200.0, 200.0, None]
    assert set(rows(store, Table.UTTERANCES, "model")) == {FACTS.model}
    assert rows(store, Table.FILES, "utterances") == [3]
    assert rows(store, Table.FILES, "manifest") == ['{"town": "Köln"}']
    assert rows(store, Table.ERRORS, "reason") == ["b.wav is no sound"]


def test_what_is_given_twice_is_written_once(store: Store) -> None:
    write(store, read_file("a.wav"), read_file("a.wav"), bad_file("b.wav"), bad_file("b.wav"), read_file("b.wav"))
    write(store, read_file("a.wav"), read_file("c.wav"), bad_file("b.wav"))
    assert rows(store, Table.FILES) == ["a.wav", "c.wav"]
    assert rows(store, Table.ERRORS) == ["b.wav"]


def test_what_was_written_is_known_again(store: Store) -> None:
    write(store, read_file("a.wav"), bad_file("b.wav"))
    contents = open_parts(store, LABELS, retry_errors=False)
    assert contents.complete == {"/a.wav": 7}
    assert contents.failed == {"/b.wav"}
    assert (contents.totals.files, contents.totals.errors, contents.totals.utterances) == (1, 1, 3)
    assert contents.totals.shares() == {"angry": 0.25, "sad": 0.75}


@pytest.mark.parametrize("moment", range(4))
@pytest.mark.parametrize("is_written", [False, True])
def test_a_process_that_is_killed_at_any_moment_leaves_each_file_once_or_not_at_all(
    moment: int, is_written: bool, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``moment`` counts the files that were written before; of the next one all is written, or nothing."""
    write(store, read_file("before.wav"))
    results = [read_file("a.wav"), bad_file("b.wav")]
    killing = writer(store)
    for result in results:
        killing.add(result)
    monkeypatch.setattr(store, "write", killed_after(store.write, moment, is_written=is_written))
    with suppress(Killed):
        killing.commit()
    monkeypatch.undo()
    write(store, *results)
    assert sorted(map(str, rows(store, Table.FILES))) == ["a.wav", "before.wav"]
    assert rows(store, Table.ERRORS) == ["b.wav"]
    assert sorted(map(str, rows(store, Table.UTTERANCES))) == ["a.wav"] * 3 + ["before.wav"] * 3


def killed_after(write: Callable[[str, bytes], None], n: int, *, is_written: bool) -> Callable[[str, bytes], None]:
    done: list[str] = []

    def writing(name: str, data: bytes) -> None:
        if len(done) == n:
            if is_written:
                write(name, data)
            raise Killed
        done.append(name)
        write(name, data)

    return writing


def test_a_name_that_is_no_utf8_is_known_again(store: Store) -> None:
    write(store, read_file("a\udcff.wav"))
    write(store, read_file("a\udcff.wav"))
    assert rows(store, Table.FILES) == [r"a\udcff.wav"]


def test_tables_without_rows_can_be_asked_too(tmp_path: Path) -> None:
    write(Store(str(tmp_path)), bad_file("a.wav"))
    for table, n in (("files", 0), ("utterances", 0), ("errors", 1)):
        assert duckdb.sql(f"SELECT count(*) FROM '{tmp_path}/{table}/*.parquet'").fetchall() == [(n,)]


def test_errors_are_tried_again_where_that_is_wished(store: Store) -> None:
    write(store, bad_file("a.wav"), bad_file("b.wav"), read_file("c.wav"))
    writing = PartWriter(store, FACTS, open_parts(store, LABELS, retry_errors=True))
    for result in (read_file("a.wav"), bad_file("b.wav"), read_file("c.wav")):
        writing.add(result)
    writing.commit()
    assert sorted(map(str, rows(store, Table.FILES))) == ["a.wav", "c.wav"]
    assert rows(store, Table.ERRORS) == ["b.wav"]


@pytest.mark.parametrize("content", [b"", b"PAR1 cut off"])
def test_a_damaged_part_is_read_again(content: bytes, store: Store) -> None:
    write(store, read_file("a.wav"))
    write(store, read_file("b.wav"))
    damaged = store.names(Table.FILES, ".parquet")[0]
    store.write(f"{Table.FILES}/{damaged}", content)
    contents = open_parts(store, LABELS, retry_errors=False)
    assert contents.removed == [damaged]
    assert contents.complete.keys() == {"/b.wav"}
    assert set(rows(store, Table.UTTERANCES)) == {"b.wav"}


def test_another_process_that_writes_there_ends_this_one(store: Store) -> None:
    writing = writer(store)
    writing.add(read_file("a.wav"))
    Store(store.place)
    with pytest.raises(UsageError, match="another emostream since"):
        writing.commit()
    assert rows(store, Table.FILES) == []


def test_pandas_and_duckdb_read_the_parts_of_a_disk(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    write(store, read_file("a.wav"))
    write(store, read_file("b.wav"))
    query = f"SELECT label, count(*) FROM '{tmp_path}/utterances/*.parquet' GROUP BY label ORDER BY label"
    assert duckdb.sql(query).fetchall() == [("sad", 4), (None, 2)]
