"""What is complete in a folder: a line for each recording, so that no run reads one again without need."""

import json
import os
from pathlib import Path

import msgspec

from emostream.batch.lock import lock_folder
from emostream.batch.overview import Overview
from emostream.drafts import draft
from emostream.events import encode_json

FILE = ".emostream.jsonl"


class SourceState(msgspec.Struct, frozen=True):
    """What a source was when it was read: its size in bytes and when it was changed last."""

    size: int
    changed_ns: int

    @classmethod
    def of(cls, path: Path) -> "SourceState | None":
        """As it is now; None where it cannot be seen."""
        try:
            status = path.stat()
        except (OSError, ValueError):
            return None
        return cls(status.st_size, status.st_mtime_ns)


class Completed(msgspec.Struct, frozen=True, kw_only=True):
    """A recording whose files are all there: ``files`` are their names in the folder, ``source`` an absolute path.

    ``read_by`` says what it was read by: other models, or other options, give other files.
    """

    source: str
    state: SourceState
    read_by: str
    files: tuple[str, ...]
    overview: Overview


class Record:
    """The record of one folder, which is made if need be, and which no other process writes into meanwhile.

    ``completed`` is by source. Raises ``UsageError`` where another process writes there, and ``OSError`` where nobody
    can.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = lock_folder(folder)
        path = folder / FILE
        self.completed, n_lines = _load(path)
        if n_lines > len(self.completed):  # read anew since, or cut short when the machine stopped
            with draft(path) as file:
                file.writelines(encode_json(entry) + b"\n" for entry in self.completed.values())
        self._file = path.open("ab", buffering=0)

    def close(self) -> None:
        """Let other processes write."""
        self._file.close()
        if self._lock is not None:
            os.close(self._lock)

    def add(self, entry: Completed) -> None:
        """One more is complete; in the file before this returns. Raises ``OSError``."""
        self.completed[entry.source] = entry
        try:
            self._file.write(encode_json(entry) + b"\n")
        except OSError as error:
            error.filename = str(self.folder / FILE)
            raise

    def owners(self) -> dict[str, str]:
        """The source of each file that was written."""
        return {file: entry.source for entry in self.completed.values() for file in entry.files}

    def is_complete(self, source: str, state: SourceState | None, read_by: str, files: tuple[str, ...]) -> bool:
        """Whether these files of a source, as it is now, are there. What a person changed in them stays."""
        entry = self.completed.get(source)
        return (
            entry is not None
            and (entry.state, entry.read_by) == (state, read_by)
            and set(files) <= set(entry.files)
            and all(_has_content(self.folder / file) for file in files)
        )


def _load(path: Path) -> tuple[dict[str, Completed], int]:
    """The latest entry of each source, and how many lines there are."""
    completed: dict[str, Completed] = {}
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return {}, 0
    for line in lines:
        try:
            entry = msgspec.convert(json.loads(line), Completed)
        except ValueError:
            continue
        completed[entry.source] = entry
    return completed, len(lines)


def _has_content(path: Path) -> bool:
    """Whether a file is there and not empty, as one that a stopping machine cut short would be."""
    try:
        return path.stat().st_size > 0
    except OSError:
        return False
