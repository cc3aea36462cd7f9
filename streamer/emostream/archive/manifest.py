"""What names an archive's recordings: a folder, a table, lines of JSON, or a list of paths."""

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from emostream.archive.locations import absolute, child, file_system, is_url, local_path, parent, read_place, reason
from emostream.archive.source import Source
from emostream.errors import NoInputError
from emostream.sources.file import audio_suffixes, find_audio
from emostream.sources.opening import STDIN

# The column of the recording, by the names that data sets have for it.
_FILE_COLUMNS = ("file", "path", "audio_filepath")
_SPEAKER_COLUMN = "speaker"
_EXPECTED = (
    "expected a folder, or a manifest: CSV with a column 'file', JSON lines with a key 'file', or a path on each line"
)


@dataclass(slots=True)
class Found:
    """The recordings in order, each once; ``errors`` are of those that cannot be looked for."""

    sources: list[Source] = field(default_factory=list)
    errors: list[NoInputError] = field(default_factory=list)
    repeated: int = 0


def find_sources(place: str) -> Found:
    """The recordings that a folder holds or a manifest names; ``-`` is a manifest on standard input.

    Paths in a manifest are from its folder, on standard input from the working directory. Raises ``NoInputError`` for
    what is neither, and names none.
    """
    found = Found()
    known: set[str] = set()
    for item in _items(place):
        if isinstance(item, NoInputError):
            found.errors.append(item)
        elif item.location in known:
            found.repeated += 1
        else:
            known.add(item.location)
            found.sources.append(item)
    if not found.sources and not found.errors:
        raise NoInputError(f"{place} names no recording: {_EXPECTED}")
    return found


def _items(place: str) -> Iterator[Source | NoInputError]:
    if place == STDIN:
        yield from _named(sys.stdin.buffer.read(), "standard input", "")
    elif is_url(place):
        system, path = file_system(place)
        try:
            is_folder = system.isdir(path)
            files = system.find(path, detail=True) if is_folder else {}
        except Exception as error:
            raise NoInputError(f"{place} cannot be read ({reason(error)})") from error
        if is_folder:
            yield from _remote_files(place, path, files)
        else:
            yield from _named(read_place(place), place, parent(place))
    elif local_path(place).is_dir():
        for item in find_audio([local_path(place)]):
            yield _local(str(item), absolute(str(item))) if isinstance(item, Path) else item
    else:
        yield from _named(read_place(place), place, str(local_path(place).parent))


def _remote_files(url: str, root: str, files: dict[str, dict[str, Any]]) -> Iterator[Source]:
    suffixes = audio_suffixes()
    for path, facts in sorted(files.items()):
        if PurePosixPath(path).suffix.lower() in suffixes:
            location = child(url, path.removeprefix(root).lstrip("/"))
            yield Source(location, location, facts.get("size"))


def _named(data: bytes, name: str, folder: str) -> Iterator[Source]:
    """The recordings of a manifest's content, whose relative paths begin at ``folder``."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NoInputError(f"{name} is no text in UTF-8: {_EXPECTED}") from None
    first = text.lstrip().partition("\n")[0]
    if first.startswith("{"):
        rows: Iterable[tuple[int, dict[str, Any]]] = _json_rows(text, name)
    elif (delimiter := _delimiter(first)) is not None:
        table = csv.DictReader(io.StringIO(text.lstrip()), delimiter=delimiter, restkey="")
        rows = ((table.line_num, row) for row in table)
    else:
        lines = enumerate(text.splitlines(), start=1)
        rows = ((number, {"file": line.strip()}) for number, line in lines if line.strip())
    for number, row in rows:
        yield _source(row, f"line {number} of {name}", folder)


def _delimiter(header: str) -> str | None:
    """What stands between the columns of a table's header; None where it is none."""
    for delimiter in ",\t;":
        if set(_FILE_COLUMNS) & {cell.strip().strip('"') for cell in header.split(delimiter)}:
            return delimiter
    return None


def _json_rows(text: str, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise NoInputError(
                f"line {number} of {name} is no JSON ({error}): expected an object on each line"
            ) from None
        if not isinstance(row, dict):
            raise NoInputError(f"line {number} of {name} is no object: expected one with a key 'file'")
        yield number, row


def _source(row: dict[str, Any], where: str, folder: str) -> Source:
    row = {key.strip(): value for key, value in row.items() if value not in (None, "")}
    column = next((name for name in _FILE_COLUMNS if name in row), None)
    if column is None or not isinstance(row[column], str):
        raise NoInputError(f"{where} names no recording: expected its path or URL as 'file'")
    file = row.pop(column).strip()
    speaker = row.pop(_SPEAKER_COLUMN, None)
    facts = json.dumps(row, ensure_ascii=False) if row else None
    location = file if is_url(file) or not folder else _joined(folder, file)
    return _local(file, absolute(location), None if speaker is None else str(speaker), facts)


def _joined(folder: str, file: str) -> str:
    if is_url(folder):
        return child(folder, file)
    return str(local_path(folder) / local_path(file))


def _local(file: str, location: str, speaker: str | None = None, facts: str | None = None) -> Source:
    size = None
    if not is_url(location):
        try:
            size = Path(location).stat().st_size
        except (OSError, ValueError):
            size = 0  # there is nothing to read: it is an error soon
    return Source(file, location, size, speaker, facts)
