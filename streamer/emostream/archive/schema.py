"""The tables of an archive: their columns, and the rows of a recording. ``docs/archives.md`` says what they hold."""

from collections.abc import Iterator, Sequence
from enum import StrEnum

from emostream.archive.results import BadFile, ReadFile
from emostream.timelines.tables import VOICE, Column, Row, utterance_row

# Goes up when a column changes its meaning or is gone; new columns leave it.
VERSION = 1


class Table(StrEnum):
    """The tables by the names of their folders."""

    UTTERANCES = "utterances"
    FILES = "files"
    ERRORS = "errors"


def columns_of(table: Table, labels: Sequence[str]) -> list[Column]:
    """The columns of a table, in order."""
    first = [Column(name, "text") for name in ("file", "source", "speaker")]
    p = [Column(f"p_{label}", "number") for label in labels]
    verdict = [Column("label", "text"), Column("confidence", "number"), *p]
    match table:
        case Table.UTTERANCES:
            place = [Column("utterance", "whole"), Column("start_s", "seconds"), Column("end_s", "seconds")]
            voice = [Column(name, "number") for name in VOICE]
            return [*first, *place, *verdict, *voice, Column("reason", "text"), Column("model", "text")]
        case Table.FILES:
            length = [Column("seconds", "seconds"), Column("speech_s", "seconds"), Column("utterances", "whole")]
            share = [Column(f"share_{label}", "number") for label in labels]
            rest = [Column("trouble", "text"), Column("note", "text"), Column("bytes", "whole")]
            last = [Column("manifest", "text"), Column("model", "text")]
            return [*first, *length, *verdict, *share, *rest, *last]
        case Table.ERRORS:
            return [*first, Column("reason", "text"), Column("bytes", "whole"), Column("manifest", "text")]


def utterance_rows(read: ReadFile, labels: Sequence[str], model: str) -> Iterator[Row]:
    """A row for each utterance of a recording, numbered from 0."""
    empty: Row = dict.fromkeys((column.name for column in columns_of(Table.UTTERANCES, labels)), None)
    first: Row = {**empty, **_first(read), "model": model}
    for number, utterance in enumerate(read.utterances):
        row = {name: value for name, value in utterance_row(utterance).items() if name in empty}
        yield {**first, "utterance": number, **row}


def file_row(read: ReadFile, labels: Sequence[str], model: str) -> Row:
    """The row of a recording that was read."""
    found = read.overview
    verdict: Row = {"label": found.label, "confidence": found.confidence} if found.p else {}
    return {
        **dict.fromkeys((column.name for column in columns_of(Table.FILES, labels)), None),
        **_first(read),
        "seconds": found.seconds,
        "speech_s": found.speech_s,
        "utterances": len(read.utterances),
        **verdict,
        **{f"p_{label}": p for label, p in found.p.items()},
        **{f"share_{label}": share for label, share in found.share.items()},
        "trouble": found.trouble,
        "note": read.note,
        "bytes": read.source.size,
        "manifest": read.source.facts,
        "model": model,
    }


def error_row(bad: BadFile) -> Row:
    """The row of a recording that could not be read."""
    return {**_first(bad), "reason": bad.reason, "bytes": bad.source.size, "manifest": bad.source.facts}


def _first(result: ReadFile | BadFile) -> Row:
    source = result.source
    return {"file": source.file, "source": source.location, "speaker": source.speaker}
