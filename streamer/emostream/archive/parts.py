"""Parts: files of Parquet that are never changed. One process writes them, so each recording is in one alone.

A part has three files of one name: of utterances, of errors and, last, of files. Once that one is there the part
counts; before, what else there is of it counts for nothing and is removed by whoever opens the archive next.
"""

import io
from dataclasses import dataclass, field
from typing import Any

from emostream.archive.facts import ArchiveFacts
from emostream.archive.results import ReadFile, Result
from emostream.archive.schema import Table, columns_of, error_row, file_row, utterance_rows
from emostream.archive.store import Store
from emostream.archive.totals import Totals
from emostream.timelines.parquet import write_rows
from emostream.timelines.tables import Row

SUFFIX = ".parquet"
# What is in memory until it is written.
MOST_ROWS = 50_000


@dataclass(slots=True)
class Contents:
    """What an archive holds: the sources that were read with their bytes, those that could not be, and sums."""

    complete: dict[str, int | None] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    totals: Totals = field(default_factory=Totals)
    next_number: int = 0
    removed: list[str] = field(default_factory=list)


def open_parts(store: Store, labels: tuple[str, ...], *, retry_errors: bool) -> Contents:
    """What is complete, after what is not was removed; with ``retry_errors`` the errors too are forgotten.

    ``removed`` are parts that cannot be read, as after a machine stopped. Raises ``EmostreamError``.
    """
    contents = Contents()
    parts = store.names(Table.FILES, SUFFIX)
    for name in parts:
        rows = _read(store, Table.FILES, name, ["source", "bytes", *Totals.columns(labels)])
        errors = _read(store, Table.ERRORS, name, ["source"])
        if rows is None or errors is None:
            store.remove(f"{Table.FILES}/{name}")
            contents.removed.append(name)
            continue
        for row in rows:
            contents.complete[row["source"]] = row["bytes"]
            contents.totals.add(row, labels)
        contents.failed.update(row["source"] for row in errors)
        contents.totals.errors += len(errors)
        contents.totals.parts += 1
    counting = set(parts) - set(contents.removed)
    for table in (Table.UTTERANCES, Table.ERRORS):
        for name in store.names(table, SUFFIX):
            if name not in counting or (retry_errors and table is Table.ERRORS):
                store.remove(f"{table}/{name}")
    if retry_errors:
        contents.failed.clear()
        contents.totals.errors = 0
    contents.next_number = max((int(name.split("-")[1]) + 1 for name in parts), default=0)
    return contents


class PartWriter:
    """Takes results and writes them as parts, when ``commit`` is called."""

    def __init__(self, store: Store, facts: ArchiveFacts, contents: Contents) -> None:
        self._store = store
        self._facts = facts
        self._contents = contents
        self._rows: dict[Table, list[Row]] = {table: [] for table in Table}
        self._number = contents.next_number

    @property
    def waiting(self) -> int:
        """How many rows are not written."""
        return sum(map(len, self._rows.values()))

    def add(self, result: Result) -> None:
        """Take what came of a recording, unless that is known already: who reads may give it twice."""
        contents, labels, model = self._contents, self._facts.labels, self._facts.model
        key = result.source.key
        if key in contents.complete or key in contents.failed:
            return
        if isinstance(result, ReadFile):
            row = file_row(result, labels, model)
            self._rows[Table.UTTERANCES] += utterance_rows(result, labels, model)
            self._rows[Table.FILES].append(row)
            contents.complete[key] = result.source.size
            contents.totals.add(row, labels)
        else:
            self._rows[Table.ERRORS].append(error_row(result))
            contents.failed.add(key)
            contents.totals.errors += 1

    def commit(self) -> None:
        """Write what is waiting, as a part. Raises as ``Store.write``, and ``UsageError`` where another one writes."""
        if not self.waiting:
            return
        self._store.require_ours()
        name = f"part-{self._number:06}-{self._store.run}{SUFFIX}"
        for table in (Table.UTTERANCES, Table.ERRORS, Table.FILES):
            self._store.write(f"{table}/{name}", self._parquet(table, self._rows[table]))
        self._number += 1
        self._contents.totals.parts += 1
        for rows in self._rows.values():
            rows.clear()

    def _parquet(self, table: Table, rows: list[Row]) -> bytes:
        facts = self._facts
        said = {"table": table, "schema": facts.schema, "model": facts.model, "labels": facts.labels}
        file = io.BytesIO()
        write_rows(columns_of(table, facts.labels), rows, said, file)
        return file.getvalue()


def _read(store: Store, table: Table, name: str, columns: list[str]) -> list[dict[str, Any]] | None:
    """Some columns of a file; no row where there is no file, None where it is damaged."""
    from pyarrow import ArrowException, parquet

    data = store.read(f"{table}/{name}")
    if data is None:
        return []
    try:
        rows: list[dict[str, Any]] = parquet.read_table(
            io.BytesIO(data), columns=columns, use_threads=False
        ).to_pylist()
    except (ArrowException, OSError):
        return None
    return rows
