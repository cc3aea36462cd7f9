"""Splits in which no speaker is heard on both sides, so that a score is one on strangers; those of one voice."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emostream.errors import UsageError
from emostream_trainer.corpora.clip import Clip

FOLDS = 5


@dataclass(frozen=True)
class Split:
    """What is learnt from and what is judged by.

    Raises UsageError, naming the speakers, where one is on both sides, and where a side is empty. With `one_voice` both
    sides are clips of the same single speaker, and a score is one on that voice alone.
    """

    train: tuple[Clip, ...]
    test: tuple[Clip, ...]
    one_voice: bool = False

    def __post_init__(self) -> None:
        shared = sorted({clip.speaker for clip in self.train} & {clip.speaker for clip in self.test})
        if self.one_voice:
            require_one_voice([*self.train, *self.test])
        elif shared:
            named = ", ".join(shared[:10]) + (f" and {len(shared) - 10} more" if len(shared) > 10 else "")
            raise UsageError(f"found {named} on both sides of a split, expected no shared speaker: split by speaker")
        if not self.train or not self.test:
            sizes = f"{len(self.train)} clips to train on and {len(self.test)} to test on"
            raise UsageError(f"found {sizes}, expected some on both sides: add speakers, or give fewer --folds")


def folds(clips: Sequence[Clip], count: int = FOLDS, seed: int = 0) -> list[Split]:
    """Return one Split per fold, each fold being the test side once.

    Where every clip has a fold of its own (the `fold` column), those are the folds and `count` and `seed` say nothing;
    elsewhere `count` speaker-disjoint folds, balanced by corpus and emotion, always the same for the same seed.
    Raises UsageError where there are fewer speakers than folds, or a clip's own folds share a speaker.
    """
    if clips and all(clip.fold is not None for clip in clips):
        of_clip = [clip.fold for clip in clips]
    else:
        of_speaker = _balanced(clips, count, seed)
        of_clip = [of_speaker[clip.speaker] for clip in clips]
    return [
        Split(
            train=tuple(clip for clip, place in zip(clips, of_clip, strict=True) if place != fold),
            test=tuple(clip for clip, place in zip(clips, of_clip, strict=True) if place == fold),
        )
        for fold in sorted({place for place in of_clip if place is not None})
    ]


def folds_of_one_voice(clips: Sequence[Clip], count: int, seed: int = 0) -> list[Split]:
    """Return `count` folds of one speaker's clips, each emotion dealt out evenly, always the same for the same seed.

    Raises UsageError for several speakers, and where a fold would be empty.
    """
    require_one_voice(clips)
    shuffled = [clips[place] for place in np.random.default_rng(seed).permutation(len(clips))]
    dealt = sorted(shuffled, key=lambda clip: clip.emotion)
    return [
        Split(
            train=tuple(clip for place, clip in enumerate(dealt) if place % count != fold),
            test=tuple(clip for place, clip in enumerate(dealt) if place % count == fold),
            one_voice=True,
        )
        for fold in range(count)
    ]


def require_one_voice(clips: Sequence[Clip]) -> None:
    """Raises UsageError, naming the speakers, unless there is exactly one."""
    speakers = sorted({clip.speaker for clip in clips})
    if len(speakers) != 1:
        named = ", ".join(speakers[:5]) + (" and more" if len(speakers) > 5 else "")
        raise UsageError(f"found {len(speakers)} voices ({named}), expected one: 'emostream train' learns from several")


def leave_one_corpus_out(clips: Sequence[Clip]) -> dict[str, Split]:
    """Return {corpus: Split} where the corpus is the test side and all others are learnt from.

    Raises UsageError for fewer than two corpora.
    """
    corpora = sorted({clip.corpus for clip in clips})
    if len(corpora) < 2:
        found = ", ".join(corpora) or "none"
        raise UsageError(f"found corpora {found}, expected two or more to leave one out: add a corpus")
    return {
        corpus: Split(
            train=tuple(clip for clip in clips if clip.corpus != corpus),
            test=tuple(clip for clip in clips if clip.corpus == corpus),
        )
        for corpus in corpora
    }


def validation_split(train: Sequence[Clip], share: float = 0.2, seed: int = 0) -> Split:
    """Return the training side divided again: `train` to fit on, `test` to stop and to choose settings by.

    share: part of the clips that goes to the validation side, about, in (0, 0.5]; whole speakers go, balanced by corpus
    and emotion, always the same for the same seed. Raises UsageError for a share out of range or too few speakers.
    """
    if not 0 < share <= 0.5:
        raise UsageError(f"found a validation share of {share}, expected more than 0 and at most 0.5")
    speakers_of: dict[str, set[str]] = {}
    for clip in train:
        speakers_of.setdefault(clip.corpus, set()).add(clip.speaker)
    # A corpus with one speaker left to learn from (TESS has two in all) would otherwise vanish from the training side.
    movable = [clip for clip in train if len(speakers_of[clip.corpus]) > 1] or list(train)
    count = min(round(1 / share), len({clip.speaker for clip in movable}))
    of_speaker = _balanced(movable, max(count, 2), seed)
    chosen = int(np.random.default_rng(seed).integers(max(count, 2)))
    return Split(
        train=tuple(clip for clip in train if of_speaker.get(clip.speaker) != chosen),
        test=tuple(clip for clip in train if of_speaker.get(clip.speaker) == chosen),
    )


def split_hash(*splits: Split) -> str:
    """Return 16 hex digits that name exactly these splits, for a model card.

    The same clips on the same sides give the same digits wherever the corpora lie, in whatever container and order.
    """
    digest = hashlib.sha256()
    for split in splits:
        for side, clips in (("train", split.train), ("test", split.test)):
            lines = sorted(f"{clip.corpus}\t{clip.speaker}\t{clip.emotion}\t{clip.path.stem}" for clip in clips)
            digest.update("\n".join([side, *lines, ""]).encode())
    return digest.hexdigest()[:16]


def _balanced(clips: Sequence[Clip], count: int, seed: int) -> dict[str, int]:
    """Deal the speakers, largest first, each to the fold that has least of what the speaker brings: {speaker: fold}."""
    speakers = sorted({clip.speaker for clip in clips})
    if count < 2 or len(speakers) < count:
        raise UsageError(
            f"found {len(speakers)} speakers for {count} folds, expected 2 folds or more and a speaker for each: "
            "give fewer --folds, add a corpus, or name the speakers in a clips.tsv"
        )
    strata = sorted({(clip.corpus, clip.emotion) for clip in clips})
    place_of = {stratum: place for place, stratum in enumerate(strata)}
    brings = {speaker: np.zeros(len(strata)) for speaker in speakers}
    for clip in clips:
        brings[clip.speaker][place_of[clip.corpus, clip.emotion]] += 1
    totals: NDArray[np.float64] = np.sum(list(brings.values()), axis=0)
    shuffled = [speakers[place] for place in np.random.default_rng(seed).permutation(len(speakers))]
    held = np.zeros((count, len(strata)))
    of_speaker: dict[str, int] = {}
    for speaker in sorted(shuffled, key=lambda speaker: -brings[speaker].sum()):
        overlap = ((held / totals) * (brings[speaker] / totals)).sum(axis=1).round(12)
        fold = min(range(count), key=lambda fold: (overlap[fold], held[fold].sum()))
        held[fold] += brings[speaker]
        of_speaker[speaker] = fold
    return of_speaker
