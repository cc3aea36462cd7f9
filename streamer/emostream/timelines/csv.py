"""CSV (RFC 4180, with Unix line ends): a row for each utterance and gap, or for each step, below the columns' names."""

import csv
from typing import BinaryIO

from emostream.timelines.tables import Column, Value, columns_of, rows_of
from emostream.timelines.text_file import text_file
from emostream.timelines.timeline import Timeline


def write_csv(timeline: Timeline, file: BinaryIO, *, with_header: bool = True) -> None:
    """What is not known is an empty cell; numbers have a point. Without a header it goes on below another's rows."""
    columns = columns_of(timeline)
    with text_file(file) as text:
        writer = csv.writer(text, lineterminator="\n")
        if with_header:
            writer.writerow(column.name for column in columns)
        for row in rows_of(timeline):
            writer.writerow(_cell(column, row[column.name]) for column in columns)


def _cell(column: Column, value: Value) -> Value:
    if value is None:
        return ""
    if column.kind == "seconds":
        return f"{value:.3f}"
    return str(value).lower() if column.kind == "flag" else value
