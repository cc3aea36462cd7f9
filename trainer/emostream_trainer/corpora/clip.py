"""One labelled recording, and what a reader hands back: the clips it took and the files it left, with the reason."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from emostream.sinks.printable import printable
from emostream.sources.file import FileSource

# Readers translate their corpus's own words into these; a table or folders of one's own may name others.
EMOTIONS = ("angry", "happy", "neutral", "calm", "sad", "fearful", "disgust", "surprised", "boredom")


@dataclass(frozen=True)
class Clip:
    """One recording of one speaker with one acted or heard emotion.

    path: an audio file, or features that the corpus publishes in place of one (`emostream_trainer.corpora.features`).
    speaker: unique across corpora, as `ravdess-01`. sex: `F`, `M` or empty. language: ISO 639, `und` where unknown.
    intensity, sentence: the corpus's own codes, empty where it has none. seconds: duration, None until measured.
    votes: the answers of listeners, {emotion: share}, shares sum to 1; None where there are none.
    fold: the corpus's own fold, from 0; None where it has none.
    """

    path: Path
    corpus: str
    language: str
    speaker: str
    sex: str
    emotion: str
    intensity: str
    sentence: str
    seconds: float | None = None
    votes: Mapping[str, float] | None = None
    fold: int | None = None


def unknown_speaker(corpus: str) -> str:
    """Return the name that all clips of a corpus share whose speaker nobody knows.

    One name for all, so that no split can put what may be one voice on both sides.
    """
    return f"{corpus}-unknown"


@dataclass(frozen=True)
class Skipped:
    """A file that was found and not taken, and why."""

    path: Path
    why: str


@dataclass(frozen=True)
class Corpus:
    """What one directory held. Clips and skipped files are in the order of their paths."""

    name: str
    clips: tuple[Clip, ...]
    skipped: tuple[Skipped, ...]


def seconds_of(clip: Clip) -> float:
    """Return the clip's duration in seconds, from its table or else from all of its file: a header may be wrong.

    Raises NoInputError where the file cannot be read as audio.
    """
    if clip.seconds is not None:
        return clip.seconds
    source = FileSource(clip.path, block_s=5.0)
    return sum(len(block.samples) for block in source.blocks()) / source.sample_rate_hz


def describe(corpus: Corpus) -> str:
    """Return a few lines for a person: how many clips and speakers, and every reason for which files were skipped."""
    speakers = len({clip.speaker for clip in corpus.clips})
    lines = [f"{corpus.name}: {len(corpus.clips)} clips, {speakers} speakers, {len(corpus.skipped)} files skipped"]
    reasons = Counter(skipped.why for skipped in corpus.skipped)
    for why, count in reasons.most_common():
        first = next(skipped.path for skipped in corpus.skipped if skipped.why == why)
        lines.append(f"  {count} skipped: {why} (first: {printable(first.name)})")
    return "\n".join(lines)
