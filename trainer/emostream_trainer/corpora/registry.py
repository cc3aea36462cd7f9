"""Every layout that can be read, and how a directory's layout is told from the names in it."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from emostream.errors import NoInputError, UsageError
from emostream_trainer.corpora.clip import Clip, Corpus, Skipped
from emostream_trainer.corpora.clips_tsv import TABLE, read_clips_tsv
from emostream_trainer.corpora.crema_d import CREMA_D
from emostream_trainer.corpora.dusha import DUSHA
from emostream_trainer.corpora.emodb import EMODB
from emostream_trainer.corpora.emovo import EMOVO
from emostream_trainer.corpora.folder_per_label import FOLDERS
from emostream_trainer.corpora.nemo import NEMO
from emostream_trainer.corpora.ravdess import RAVDESS
from emostream_trainer.corpora.reader import Facts, Reader, files_under, in_order, is_audio
from emostream_trainer.corpora.savee import SAVEE
from emostream_trainer.corpora.tess import TESS
from emostream_trainer.corpora.urdu import URDU

NAMED = (RAVDESS, EMODB, TESS, NEMO, CREMA_D, SAVEE, URDU, EMOVO, DUSHA)
READERS = {reader.facts.name: reader for reader in (*NAMED, FOLDERS)}
KINDS = ("auto", TABLE, *READERS)
NOT_A_NAME = "not a name of"


def read_corpus(directory: Path, kind: str = "auto") -> Corpus:
    """Read all clips below the directory, as `survey` does, where there are some.

    Raises NoInputError for a directory that is missing, has no audio or no known layout, UsageError for another kind.
    """
    corpus = survey(directory, kind)
    if corpus.clips:
        return corpus
    other_names = [file for file in corpus.skipped if file.why.startswith(NOT_A_NAME)]
    if len(other_names) < len(corpus.skipped):
        first = next(file for file in corpus.skipped if not file.why.startswith(NOT_A_NAME))
        raise NoInputError(
            f"found {len(corpus.skipped)} files in {directory} and no clip to use, such as {first.path.name} "
            f"({first.why}): 'emostream corpora check' lists them all"
        )
    layouts = kind if kind != "auto" else ", ".join(READERS)
    raise NoInputError(
        f"found {len(other_names)} audio files in {directory}, such as {other_names[0].path.relative_to(directory)}, "
        f"but no clip of {layouts}: name the files as the corpus does, sort them into folders such as angry and happy, "
        f"or write a {TABLE}"
    )


def together(corpora: Sequence[Corpus]) -> Corpus:
    """Return several corpora as one. Raises UsageError for a file that is in two of them."""
    if len(corpora) == 1:
        return corpora[0]
    counts = Counter(clip.path.resolve() for corpus in corpora for clip in corpus.clips)
    twice = [path for path, count in counts.items() if count > 1]
    if twice:
        raise UsageError(f"found {len(twice)} clips in two of the corpora, such as {twice[0]}: name each corpus once")
    clips = [clip for corpus in corpora for clip in corpus.clips]
    skipped = [file for corpus in corpora for file in corpus.skipped]
    return in_order(" and ".join(corpus.name for corpus in corpora), clips, skipped)


def survey(directory: Path, kind: str = "auto") -> Corpus:
    """Return what there is below the directory, be it that no file is a clip; every audio file is among the skipped.

    kind: one of KINDS. `auto` takes `clips.tsv` where there is one, else every corpus whose names are found, else
    folders named after emotions. Raises as `read_corpus` does, but for a known layout.
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
    # Dusha's podcasts come without audio.
    if not audio and not any(map(DUSHA.claims, files)):
        raise NoInputError(
            f"found no audio in {directory} ({len(files)} other files), expected a corpus: correct the path"
        )
    readers = _readers_for(files) if kind == "auto" else [READERS[kind]]
    corpora = [reader.read(directory, files) for reader in readers]
    clips = [clip for corpus in corpora for clip in corpus.clips]
    skipped = [file for corpus in corpora for file in corpus.skipped]
    accounted = {clip.path for clip in clips} | {file.path for file in skipped}
    known = ", ".join(reader.facts.name for reader in readers) or "any known corpus"
    skipped += [
        Skipped(directory / path, f"{NOT_A_NAME} {known}") for path in audio if directory / path not in accounted
    ]
    return in_order(corpora[0].name if len(corpora) == 1 else directory.resolve().name, clips, skipped)


def sources(clips: Sequence[Clip]) -> tuple[Facts, ...]:
    """Return the facts of every corpus that the clips are from, in the order of their names, for a model card."""
    languages = {clip.corpus: clip.language for clip in clips}
    return tuple(
        READERS[name].facts if name in READERS else Facts(name, name, language, "not known", "")
        for name, language in sorted(languages.items())
    )


def _readers_for(files: Sequence[Path]) -> list[Reader]:
    claimed = {reader.facts.name: sum(map(reader.claims, files)) for reader in NAMED}
    # URDU sorts its files into folders of emotions too, so folders win only where few names are a corpus's.
    if sum(map(FOLDERS.claims, files)) > 2 * sum(claimed.values()):
        return [FOLDERS]
    return [reader for reader in NAMED if claimed[reader.facts.name]]
