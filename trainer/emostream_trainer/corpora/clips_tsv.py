"""A `clips.tsv` table: one row a clip, of one corpus or of several, with a standard split in its `fold` column."""

import math
from pathlib import Path

from emostream.errors import NoInputError
from emostream_trainer.corpora.clip import Clip, Corpus, Skipped
from emostream_trainer.corpora.reader import files_under, is_audio, unusable
from emostream_trainer.corpora.tables import rows_of

TABLE = "clips.tsv"
REQUIRED = ("path", "speaker", "emotion")


def read_clips_tsv(directory: Path) -> Corpus:
    """Read `directory/clips.tsv`; paths in it are relative to the directory.

    Columns: path, speaker, emotion are required; corpus, language, sex, intensity, sentence, seconds, fold are taken
    where they are there. Spaces around a value, capital letters in an emotion and backslashes in a path (as Windows
    writes them) do not count. A row whose file is missing or empty is skipped with the reason, and so is audio that no
    row names.
    Raises NoInputError for a table without rows or columns that are needed, or with a value that is not what it says.
    """
    table = directory / TABLE
    own_name = directory.resolve().name
    clips: list[Clip] = []
    skipped: list[Skipped] = []
    listed: set[Path] = set()
    for number, cells in enumerate(rows_of(table, REQUIRED, delimiter="\t"), start=1):
        where = f"row {number} of {table}"
        # A row with too many cells has them as a list without a name.
        row = {name: cell.strip() for name, cell in cells.items() if isinstance(cell, str)}
        empty = [name for name in REQUIRED if not row[name]]
        if empty:
            raise NoInputError(f"found no {empty[0]} in {where}, expected one in every row: fill it in")
        clip = _clip(row, directory, own_name, where)
        if clip.path in listed:
            raise NoInputError(
                f"found {row['path']} a second time in {where}, expected a row for each file: remove one"
            )
        listed.add(clip.path)
        if why := unusable(clip.path):
            skipped.append(Skipped(clip.path, f"{why}, but listed in {TABLE}"))
        else:
            clips.append(clip)
    if not clips:
        raise NoInputError(
            f"found no clips by {table} ({len(skipped)} files missing or empty), expected audio beside the table"
        )
    skipped += [
        Skipped(directory / path, f"not listed in {TABLE}")
        for path in files_under(directory)
        if is_audio(path) and directory / path not in listed
    ]
    return Corpus(own_name, tuple(clips), tuple(skipped))


def _clip(row: dict[str, str], directory: Path, own_name: str, where: str) -> Clip:
    corpus = row.get("corpus") or own_name
    speaker = row["speaker"] if row["speaker"].startswith(f"{corpus}-") else f"{corpus}-{row['speaker']}"
    return Clip(
        path=_path(directory, row["path"]),
        corpus=corpus,
        language=row.get("language") or "und",
        speaker=speaker,
        sex=row.get("sex", ""),
        emotion=row["emotion"].lower(),
        intensity=row.get("intensity", ""),
        sentence=row.get("sentence", ""),
        seconds=_seconds(row.get("seconds", ""), where),
        fold=_fold(row.get("fold", ""), where),
    )


def _path(directory: Path, text: str) -> Path:
    """The file of a row: by its name as it stands, or with the backslashes of Windows as separators."""
    path = directory / text
    return path if "\\" not in text or path.exists() else directory / text.replace("\\", "/")


def _seconds(text: str, where: str) -> float | None:
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not (seconds > 0 and math.isfinite(seconds)):
        raise NoInputError(f"found seconds {text!r} in {where}, expected a number above 0 or nothing: correct it")
    return seconds


def _fold(text: str, where: str) -> int | None:
    if text and not text.isdecimal():
        raise NoInputError(f"found fold {text!r} in {where}, expected a whole number from 0 or nothing: correct it")
    return int(text) if text else None
