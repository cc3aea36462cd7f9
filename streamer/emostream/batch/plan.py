"""What is to be read of many recordings, under which names it is written, and what is complete already."""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from emostream.batch import table
from emostream.batch.names import output_names
from emostream.batch.reading import Reading, Task
from emostream.batch.record import Completed, Record, SourceState
from emostream.timelines.registry import file_suffix


@dataclass(frozen=True, slots=True)
class Plan:
    """The recordings of one run into one folder, those to read and those that are ``complete``.

    ``read_by`` is the fingerprint of what reads them.
    """

    record: Record
    read_by: str
    tasks: tuple[Task, ...]
    complete: Mapping[Path, Completed]

    def add(self, task: Task, reading: Reading) -> None:
        """A task is done. Raises ``OSError`` where that cannot be written down."""
        if reading.state is None:  # whether it is still the same could not be seen
            return
        files = [str(path.relative_to(self.record.folder)) for path in task.files.values()]
        before = self.record.completed.get(_source(task.path))
        if before and (before.state, before.read_by) == (reading.state, self.read_by):
            files = list(dict.fromkeys([*before.files, *files]))
        self.record.add(
            Completed(
                source=_source(task.path),
                state=reading.state,
                read_by=self.read_by,
                files=tuple(files),
                overview=reading.overview,
            )
        )


def make_plan(
    record: Record,
    sources: Sequence[Path],
    formats: Collection[str],
    read_by: str,
    *,
    with_steps: bool = False,
    event_types: tuple[str, ...] = (),
    with_audio: bool = False,
    roots: Collection[Path] = (),
) -> Plan:
    """A task for each source whose files are not there, or were made of another source or by other models.

    ``with_steps``, ``event_types`` and ``with_audio`` are as with ``export_files``, ``roots`` the folders that sources
    were found in, whose subfolders the names keep. A source that is named twice is read once.
    """
    suffixes = {name: file_suffix(name, with_steps=with_steps) for name in formats}
    first_named: dict[str, Path] = {}
    for path in sources:
        first_named.setdefault(_source(path), path)
    sources = list(first_named.values())
    taken = record.owners() | {table.FILE: ""}
    tasks: list[Task] = []
    complete: dict[Path, Completed] = {}
    for path, stem in zip(sources, output_names(sources, suffixes.values(), roots, taken), strict=True):
        files = {name: f"{stem}{suffix}" for name, suffix in suffixes.items()}
        if record.is_complete(_source(path), SourceState.of(path), read_by, tuple(files.values())):
            complete[path] = record.completed[_source(path)]
        else:
            outputs = {name: record.folder / file for name, file in files.items()}
            tasks.append(Task(path, str(path), outputs, with_steps, event_types, with_audio))
    return Plan(record, read_by, tuple(tasks), complete)


def _source(path: Path) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - a link stays one
