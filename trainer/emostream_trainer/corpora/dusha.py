"""Dusha: Russian crowd speech as `crowd_train/wavs/<hash>.wav`, podcasts as `features/<hash>.npy`, tables of answers.

`crowd_train/raw_crowd_train.tsv` (or `.jsonl`) has a row for each answer of an annotator, so a clip has several; the
answers become one label (`dawid_skene`) before anybody splits anything. Clips that are in no table are taken from the
publishers' manifests, `train/*.jsonl` and `test/*.jsonl`, which have the label and neither speaker nor votes.
"""

import json
import math
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from emostream.errors import NoInputError
from emostream_trainer.corpora.clip import Clip, Corpus, Skipped
from emostream_trainer.corpora.dawid_skene import Answer, aggregate
from emostream_trainer.corpora.reader import Facts, Reader, clip_of, in_order, unusable
from emostream_trainer.corpora.tables import check_columns, stream_rows

FACTS = Facts(
    name="dusha",
    title="Dusha, Russian speech of a crowd and of podcasts, by SberDevices",
    language="ru",
    licence="the licence of salute-developers/golos: attribution, share alike",
    non_commercial=False,
    source="https://github.com/salute-developers/golos/tree/master/dusha",
)
TABLE = re.compile(r"(?:^|/)raw_(?:crowd|podcast)_(?:train|test)\.(?:tsv|jsonl)$")
MANIFEST = re.compile(r"(?:^|/)(?:train|test)/[^/]+\.jsonl$")
FEATURES = re.compile(r"(?:^|/)features/[^/]+\.npy$")
AUDIO = re.compile(r"(?:^|(?:crowd|podcast)_(?:train|test)/)wavs/[^/]+\.wav$")
COLUMNS = ("hash_id", "audio_path", "annotator_emo", "golden_emo", "source_id", "annotator_id")
MANIFEST_COLUMNS = ("id", "tensor", "label")
EMOTIONS = {"angry": "angry", "sad": "sad", "neutral": "neutral", "positive": "happy", "other": "other"}
# The manifests number their labels.
NUMBERED = ("angry", "sad", "neutral", "happy")
# The share of belief in one label under which the publishers drop a clip.
THRESHOLD = 0.9


class _Answer(NamedTuple):
    """One row of a table; `folder` is where the table is."""

    folder: Path
    hash_id: str
    audio_path: str
    annotator_emo: str
    golden_emo: str
    source_id: str
    annotator_id: str
    duration: str


def _claims(path: Path) -> bool:
    return any(pattern.search(path.as_posix()) for pattern in (TABLE, FEATURES))


def _read(directory: Path, files: Sequence[Path]) -> Corpus:
    features = {path.stem: directory / path for path in files if FEATURES.search(path.as_posix())}
    tables = [directory / path for path in files if TABLE.search(path.as_posix())]
    clips, skipped = _from_tables(_answers(tables), features)
    known = {clip.path.stem for clip in clips} | {file.path.stem for file in skipped}
    for path in files:
        if not MANIFEST.search(path.as_posix()):
            continue
        for clip in _of_manifest(directory / path, features):
            if clip.path.stem not in known:
                known.add(clip.path.stem)
                clips.append(clip)
    clips, empty = _usable(clips)
    skipped += empty
    # By name, not by path: the features of a clip that has its audio are no clip of their own.
    skipped += [
        Skipped(directory / path, "in no table of dusha")
        for path in files
        if path.stem not in known and any(pattern.search(path.as_posix()) for pattern in (AUDIO, FEATURES))
    ]
    return in_order(FACTS.name, clips, skipped)


def _answers(tables: Sequence[Path]) -> Iterator[_Answer]:
    """Rows of all tables; a table in both forms is read once."""
    first = {table.with_suffix(""): table for table in sorted(tables, reverse=True)}
    for table in sorted(first.values()):
        jsonl = table.suffix == ".jsonl"
        for row in _lines_of(table, COLUMNS) if jsonl else stream_rows(table, COLUMNS, delimiter="\t"):
            # A million rows that repeat themselves: every word is kept once.
            words = (sys.intern(row.get(column) or "") for column in (*COLUMNS, "duration"))
            yield _Answer(table.parent, *words)


def _from_tables(rows: Iterable[_Answer], features: Mapping[str, Path]) -> tuple[list[Clip], list[Skipped]]:
    """The clips that their annotators agree on, and the recordings that are left out."""
    place: dict[str, Path] = {}
    facts: dict[str, _Answer] = {}
    answers: list[Answer] = []
    why: dict[str, str] = {}
    for row in rows:
        name = row.hash_id
        if not (name and row.audio_path and row.annotator_id) or row.annotator_emo not in EMOTIONS:
            why.setdefault(name, "its rows in the table are incomplete")
            continue
        if name not in place:
            audio = row.folder / row.audio_path
            place[name] = audio if audio.is_file() or name not in features else features[name]
        if row.golden_emo:
            why[name] = "a control task for annotators"
            continue
        facts.setdefault(name, row)
        answers.append(Answer(name, row.annotator_id, EMOTIONS[row.annotator_emo]))
    clips: list[Clip] = []
    for name, votes in aggregate(answers).items():
        why.pop(name, None)
        emotion = max(votes, key=lambda emotion: votes[emotion])
        if votes[emotion] < THRESHOLD:
            why[name] = f"its annotators agree less than {THRESHOLD}"
        else:
            clips.append(_clip(place[name], emotion, facts[name].source_id, facts[name].duration, votes))
    return clips, [Skipped(place.get(name, Path(name or "no hash_id")), reason) for name, reason in why.items()]


def _clip(path: Path, emotion: str, source: str, duration: str, votes: Mapping[str, float] | None) -> Clip:
    return clip_of(FACTS, path, source, emotion, seconds=_seconds(duration), votes=votes)


def _of_manifest(manifest: Path, features: Mapping[str, Path]) -> Iterator[Clip]:
    for number, row in enumerate(_lines_of(manifest, MANIFEST_COLUMNS), start=1):
        if row["label"] not in {str(label) for label in range(len(NUMBERED))}:
            raise NoInputError(
                f"found label {row['label']!r} in line {number} of {manifest}, expected 0 to {len(NUMBERED) - 1}: "
                "take the publishers' own manifest"
            )
        # Manifests name the features by where the publishers had them.
        path = features.get(Path(row["tensor"]).stem, manifest.parent / row["tensor"])
        yield _clip(path, NUMBERED[int(row["label"])], "", row.get("wav_length", ""), None)


def _usable(clips: Sequence[Clip]) -> tuple[list[Clip], list[Skipped]]:
    whys = [unusable(clip.path) for clip in clips]
    pairs = list(zip(clips, whys, strict=True))
    return [clip for clip, why in pairs if not why], [
        Skipped(clip.path, f"{why}, but listed in a table") for clip, why in pairs if why
    ]


def _lines_of(table: Path, columns: Sequence[str]) -> Iterator[dict[str, str]]:
    """The objects of a JSON Lines file, every value as text, null as empty."""
    try:
        with table.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                where = f"line {number} of {table}"
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise NoInputError(f"found no object in {where}, expected {', '.join(columns)}: correct the line")
                check_columns(where, list(row), columns)
                yield {key: "" if value is None else str(value) for key, value in row.items()}
    except json.JSONDecodeError as error:
        raise NoInputError(f"found no JSON in {where} ({error.msg}): take the publishers' own file") from error
    except UnicodeDecodeError as error:
        raise NoInputError(f"found no text in {table} ({error}), expected UTF-8: copy the file again") from error


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if seconds > 0 and math.isfinite(seconds) else None


DUSHA = Reader(FACTS, _claims, _read)
