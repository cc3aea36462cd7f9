"""What every reader is made of: the facts of its corpus, which names it claims, and how names become clips."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from emostream_trainer.corpora.clip import Clip, Corpus, Skipped, unknown_speaker

LOSSLESS = frozenset({".wav", ".flac", ".aif", ".aiff"})
# Some corpora, CREMA-D among them, are repositories that keep their audio in Git LFS.
POINTER = b"version https://git-lfs.github.com/spec/"
LONGEST_POINTER = 1024  # bytes, as its specification has it
AUDIO = LOSSLESS | {".ogg", ".opus", ".mp3"}


@dataclass(frozen=True)
class Facts:
    """What a model card must say of a corpus. language: ISO 639, `und` where unknown.

    `non_commercial`: whether its licence allows research or non-commercial use alone, None where that is not known.
    """

    name: str
    title: str
    language: str
    licence: str
    source: str
    non_commercial: bool | None = None


@dataclass(frozen=True)
class Reader:
    """One layout. Paths handed to it are relative to the directory that is read.

    claims(path): whether the name says that this corpus is there. read(directory, files): files are all that the
    directory holds; the corpus has its clips among them and, as skipped, those of its files that cannot be used.
    """

    facts: Facts
    claims: Callable[[Path], bool]
    read: Callable[[Path, Sequence[Path]], Corpus]


def clip_of(
    facts: Facts,
    path: Path,
    speaker: str,
    emotion: str,
    *,
    sex: str = "",
    intensity: str = "",
    sentence: str = "",
    seconds: float | None = None,
    votes: Mapping[str, float] | None = None,
) -> Clip:
    """A clip of a corpus; ``speaker`` is the corpus's own name of one, empty for the unknown one."""
    return Clip(
        path=path,
        corpus=facts.name,
        language=facts.language,
        speaker=f"{facts.name}-{speaker}" if speaker else unknown_speaker(facts.name),
        sex=sex,
        emotion=emotion,
        intensity=intensity,
        sentence=sentence,
        seconds=seconds,
        votes=votes,
    )


def files_under(directory: Path) -> list[Path]:
    """Return every file below, relative and in order, through links too, without hidden files and macOS leftovers."""
    found: list[Path] = []
    visited: set[Path] = set()
    for folder, subfolders, names in os.walk(directory, followlinks=True):
        real = Path(folder).resolve()
        if real in visited:
            subfolders.clear()
            continue
        visited.add(real)
        subfolders[:] = sorted(name for name in subfolders if not name.startswith(".") and name != "__MACOSX")
        found += [Path(folder, name).relative_to(directory) for name in names if not name.startswith(".")]
    return sorted(found)


def is_audio(path: Path) -> bool:
    """Say whether the name ends as that of an audio file."""
    return path.suffix.lower() in AUDIO


def unusable(path: Path) -> str | None:
    """Return why a file that is called audio holds none, or None where it may."""
    if not path.is_file():
        return "no file there"
    size = path.stat().st_size
    if size < LONGEST_POINTER and _is_pointer(path):
        return "a Git LFS pointer in place of the audio, which 'git lfs pull' fetches"
    return None if size else "empty file"


def _is_pointer(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(POINTER)) == POINTER
    except OSError:  # whoever opens it for its sound says why
        return False


def named_reader(
    facts: Facts,
    pattern: str,
    clip: Callable[[Path, re.Match[str]], Clip | Skipped],
    context: Callable[[Path, Sequence[Path]], Callable[[Clip], Clip]] | None = None,
) -> Reader:
    """Return a reader of a corpus whose names say everything.

    pattern: matched against the relative path without its suffix, from the start of a folder or file name to the end;
    its groups together say which recording it is, so a second file with the same groups is a copy and is skipped.
    clip(path, match): the clip, or why there is none. context(directory, files): a function that completes a clip by
    what tables beside the audio say.
    """
    compiled = re.compile(rf"(?:^|/){pattern}$")

    def match(path: Path) -> re.Match[str] | None:
        return compiled.search(path.with_suffix("").as_posix())

    def read(directory: Path, files: Sequence[Path]) -> Corpus:
        complete = context(directory, files) if context else None
        clips: list[Clip] = []
        skipped: list[Skipped] = []
        first_of: dict[tuple[str | None, ...], Path] = {}
        # Some corpora come in several containers at once: the lossless copy is the one to take.
        for relative in sorted(filter(is_audio, files), key=lambda path: (path.suffix.lower() not in LOSSLESS, path)):
            found = match(relative)
            if found is None:
                continue
            path = directory / relative
            if why := unusable(path):
                skipped.append(Skipped(path, why))
                continue
            if found.groups() in first_of:
                skipped.append(Skipped(path, "second copy of a recording"))
                continue
            first_of[found.groups()] = path
            result = clip(path, found)
            if isinstance(result, Skipped):
                skipped.append(result)
            else:
                clips.append(complete(result) if complete else result)
        return in_order(facts.name, clips, skipped)

    return Reader(facts, lambda path: is_audio(path) and match(path) is not None, read)


def in_order(name: str, clips: Sequence[Clip], skipped: Sequence[Skipped]) -> Corpus:
    """Return the corpus with both of its lists in the order of their paths."""
    return Corpus(
        name,
        tuple(sorted(clips, key=lambda clip: clip.path)),
        tuple(sorted(skipped, key=lambda file: file.path)),
    )
