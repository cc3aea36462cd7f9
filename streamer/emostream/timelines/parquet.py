"""Parquet: the rows and columns of CSV with types, and who read the recording in the file's metadata."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, BinaryIO

import numpy as np

from emostream.events import encode_json
from emostream.timelines.tables import Column, Row, Value, columns_of, rows_of
from emostream.timelines.timeline import Timeline

# Rows of a group are held in memory; readers skip whole groups.
_ROWS_OF_GROUP = 2_000


def write_parquet(timeline: Timeline, file: BinaryIO) -> None:
    """Columns of text, of floats and of truth values; the key ``emostream`` of the metadata holds JSON."""
    facts = {
        "source": timeline.source,
        "length_ms": timeline.length_ms,
        "labels": timeline.labels,
        "models": timeline.hello.models,
    }
    write_rows(columns_of(timeline), rows_of(timeline), facts, file)


def write_rows(columns: Sequence[Column], rows: Iterable[Row], facts: dict[str, Any], file: BinaryIO) -> None:
    """Rows with these columns, and ``facts`` as JSON in the metadata, under the key ``emostream``."""
    import pyarrow
    from pyarrow import parquet

    types = {"text": pyarrow.string(), "flag": pyarrow.bool_(), "whole": pyarrow.int64()}
    schema = pyarrow.schema(
        [pyarrow.field(column.name, types.get(column.kind, pyarrow.float64())) for column in columns],
        metadata={"emostream": encode_json(facts)},
    )
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for group in _groups(rows):
            arrays = [
                pyarrow.Array.from_buffers(
                    field.type,
                    len(group),
                    list(map(pyarrow.py_buffer, _buffers(column, [row[column.name] for row in group]))),
                )
                for column, field in zip(columns, schema, strict=True)
            ]
            writer.write_batch(pyarrow.RecordBatch.from_arrays(arrays, schema=schema))


def _buffers(column: Column, values: Sequence[Value]) -> Iterator[Any]:
    """A column as Arrow holds it: which values there are, then the values.

    Arrow would make them of the list too, but imports pandas for that where it is installed: 50 MB in each process.
    """
    yield np.packbits([value is not None for value in values], bitorder="little")
    if column.kind == "text":
        # Names that are not UTF-8 get the letters that other formats write.
        texts = [str(value).encode("utf-8", "backslashreplace") if value is not None else b"" for value in values]
        yield np.cumsum([0, *map(len, texts)], dtype=np.int32)
        yield b"".join(texts)
    elif column.kind == "flag":
        yield np.packbits([bool(value) for value in values], bitorder="little")
    elif column.kind == "whole":
        yield np.array([value or 0 for value in values], np.int64)
    else:
        yield np.array([value if value is not None else np.nan for value in values], np.float64)


def _groups(rows: Iterable[Row]) -> Iterator[list[Row]]:
    rows = iter(rows)
    while group := list(islice(rows, _ROWS_OF_GROUP)):
        yield group
