"""The tables that corpora keep beside their audio."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from emostream.errors import NoInputError


def rows_of(table: Path, columns: Sequence[str], delimiter: str = ",") -> list[dict[str, str]]:
    """Return the table's rows; a cell that a short row lacks is empty.

    Raises NoInputError where the table is no UTF-8 text, or lacks one of the columns.
    """
    return list(stream_rows(table, columns, delimiter))


def stream_rows(table: Path, columns: Sequence[str], delimiter: str = ",") -> Iterator[dict[str, str]]:
    """Give what `rows_of` returns row by row, for tables of a million rows."""
    # Tab-separated tables have bare quotation marks in their sentences.
    quoting: Literal[0, 3] = csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
    try:
        with table.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, restval="", delimiter=delimiter, quoting=quoting)
            check_columns(table, reader.fieldnames or (), columns)
            yield from reader
    except (UnicodeDecodeError, csv.Error) as error:
        raise NoInputError(f"found no table in {table} ({error}), expected UTF-8 text: save it as that") from error


def check_columns(where: object, found: Sequence[str], columns: Sequence[str]) -> None:
    """Raise NoInputError where one of the columns is not among those found."""
    missing = [column for column in columns if column not in found]
    if missing:
        named = ", ".join(found) or "none"
        raise NoInputError(f"found columns {named} in {where}, expected {', '.join(missing)} too: add what is missing")


def table_of(name: str, directory: Path, files: Sequence[Path]) -> Path | None:
    """Return where the table called `name` is: among `files` (relative to `directory`), right above, or nowhere.

    Right above, because people name the folder of the audio as well as that of the corpus.
    """
    beneath = (directory / path for path in files if path.name == name)
    table = next(beneath, directory.resolve().parent / name)
    return table if table.is_file() else None
