"""Names for what is written of each recording: short ones, of which no two are equal and none is another's."""

import os
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath


@dataclass(slots=True)
class _Name:
    """A source's name as it grows: its last ``n_parts`` parts, without suffix, or with it, or with a number."""

    path: PurePath
    n_parts: int
    keeps_suffix: bool = False
    number: int = 1

    def __str__(self) -> str:
        *folders, last = self.path.parts[-self.n_parts :]
        last = last if self.keeps_suffix else PurePath(last).stem
        return str(PurePath(*folders, last if self.number == 1 else f"{last}-{self.number}"))


def output_names(
    sources: Sequence[Path],
    suffixes: Collection[str],
    roots: Collection[Path] = (),
    taken: Mapping[str, str] = {},
) -> list[str]:
    """A relative name for each source, in order, to which each of the ``suffixes`` is added.

    ``roots`` are the folders that sources were found in: below one the name is the path from there, else the file's
    name alone, both without suffix. Where files would have one name, all of them keep the suffix, as with ``talk.wav``
    and ``talk.mp3``, or have folders in front where that does not part them. ``taken`` has the source of each file that
    was written before, which is left to it. Names that differ in case alone count as equal: on some disks they are.

    >>> output_names([Path("a/x.wav"), Path("b/x.wav"), Path("y.wav"), Path("y.mp3")], [".csv"])
    ['a/x', 'b/x', 'y.wav', 'y.mp3']
    """
    folders = [_absolute(root) for root in roots]
    names = [_Name(path, _parts_below(path, folders)) for path in map(_absolute, sources)]
    owners = {_key(file): PurePath(source) for file, source in taken.items()}
    while clashing := list(_clashing(names, suffixes, owners)):
        for members, owner in clashing:
            _part(members, owner)
    return [str(name) for name in names]


def _clashing(
    names: Sequence[_Name], suffixes: Collection[str], owners: Mapping[str, PurePath]
) -> Iterator[tuple[list[_Name], PurePath | None]]:
    """Those whose files would be one and the same, and the source that it belongs to already, if any."""
    by_file: dict[str, list[_Name]] = defaultdict(list)
    for name in names:
        for suffix in suffixes:
            by_file[_key(f"{name}{suffix}")].append(name)
    seen: set[int] = set()
    for file, members in by_file.items():
        owner = owners.get(file)
        paths = {name.path for name in members} | ({owner} if owner else set())
        if len(paths) > 1 and seen.isdisjoint(map(id, members)):
            seen.update(map(id, members))
            yield [name for name in members if name.path != owner], owner


def _part(members: Sequence[_Name], owner: PurePath | None) -> None:
    """Make the names longer by one thing that parts them, or will."""
    paths = {name.path for name in members} | ({owner} if owner else set())
    if len({_key(path.name) for path in paths}) == len(paths) and not all(name.keeps_suffix for name in members):
        for name in members:
            name.keeps_suffix = True
        return
    growing = [name for name in members if name.n_parts < len(name.path.parts) - 1]
    for name in growing:
        name.n_parts += 1
    if not growing:  # they differ in case alone
        for number, name in enumerate(members[not owner :], start=2):
            name.number += number - 1


def _parts_below(path: PurePath, folders: Collection[PurePath]) -> int:
    """How many parts of a path stand below the folder it was found in; 1 where it was named itself."""
    return max((len(path.relative_to(root).parts) for root in folders if path.is_relative_to(root)), default=1) or 1


def _absolute(path: Path) -> PurePath:
    return PurePath(os.path.abspath(path))  # noqa: PTH100 - a link keeps its own name


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
