"""Every layout that can be read, and how a directory's layout is told from the names in it."""

from collections.abc import Sequence
from pathlib import Path

from streamer.errors import NoInputError, UsageError
from trainer.corpora.clip import Clip, Corpus, Skipped
from trainer.corpora.clips_tsv import TABLE, read_clips_tsv
from trainer.corpora.crema_d import CREMA_D
from trainer.corpora.emodb import EMODB
from trainer.corpora.folder_per_label import FOLDERS
from trainer.corpora.nemo import NEMO
from trainer.corpora.ravdess import RAVDESS
from trainer.corpora.reader import Facts, Reader, files_under, in_order, is_audio
from trainer.corpora.savee import SAVEE
from trainer.corpora.tess import TESS

NAMED = (RAVDESS, EMODB, TESS, NEMO, CREMA_D, SAVEE)
READERS = {reader.facts.name: reader for reader in (*NAMED, FOLDERS)}
KINDS = ("auto", TABLE, *READERS)


def read_corpus(directory: Path, kind: str = "auto") -> Corpus:
    """Read all clips below the directory.

    kind: one of KINDS. `auto` takes `clips.tsv` where there is one, else every corpus whose names are found, else
    folders named after emotions. Audio that belongs to none of them is among the skipped.
    Raises NoInputError for a directory that is missing, has no audio or no known layout, UsageError for another kind.
    """
    if kind not in KINDS:
        raise UsageError(f"found corpus layout {kind!r}, expected one of {', '.join(KINDS)}")
    if not directory.is_dir():
        found = "a file" if directory.exists() else "nothing"
        raise NoInputError(f"found {found} at {directory}, expected a folder with a corpus: correct the path")
    if kind == TABLE and not (directory / TABLE).is_file():
        raise NoInputError(f"found no {TABLE} in {directory}, expected one: write it, or let the names tell (auto)")
    if kind == TABLE or (kind == "auto" and (directory / TABLE).is_file()):
        return read_clips_tsv(directory)
    files = files_under(directory)
    audio = [path for path in files if is_audio(path)]
    if not audio:
        raise NoInputError(
            f"found no audio in {directory} ({len(files)} other files), expected a corpus: correct the path"
        )
    readers = _readers_for(audio) if kind == "auto" else [READERS[kind]]
    corpora = [reader.read(directory, files) for reader in readers]
    clips = [clip for corpus in corpora for clip in corpus.clips]
    if not clips:
        layouts = ", ".join(reader.facts.name for reader in readers) or ", ".join(READERS)
        raise NoInputError(
            f"found {len(audio)} audio files in {directory}, such as {audio[0]}, but no clip of {layouts}: "
            f"name the files as the corpus does, sort them into folders such as angry and happy, or write a {TABLE}"
        )
    skipped = [file for corpus in corpora for file in corpus.skipped]
    accounted = {clip.path for clip in clips} | {file.path for file in skipped}
    known = ", ".join(reader.facts.name for reader in readers)
    skipped += [
        Skipped(directory / path, f"not a name of {known}") for path in audio if directory / path not in accounted
    ]
    return in_order(corpora[0].name if len(corpora) == 1 else directory.resolve().name, clips, skipped)


def sources(clips: Sequence[Clip]) -> tuple[Facts, ...]:
    """Return the facts of every corpus that the clips are from, in the order of their names, for a model card."""
    languages = {clip.corpus: clip.language for clip in clips}
    return tuple(
        READERS[name].facts if name in READERS else Facts(name, name, language, "not known", "")
        for name, language in sorted(languages.items())
    )


def _readers_for(audio: Sequence[Path]) -> list[Reader]:
    claimed = {reader.facts.name: sum(map(reader.claims, audio)) for reader in NAMED}
    if sum(map(FOLDERS.claims, audio)) > sum(claimed.values()):
        return [FOLDERS]
    return [reader for reader in NAMED if claimed[reader.facts.name]]
