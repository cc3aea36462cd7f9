"""Splits in which no speaker is heard on both sides."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emostream.errors import UsageError
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.data.splits import (
    Split,
    folds,
    folds_of_one_voice,
    leave_one_corpus_out,
    split_hash,
    validation_split,
)

EMOTIONS = ("angry", "happy", "neutral", "sad")


def _clips(corpus: str, speakers: int, takes: int = 3, emotions: Sequence[str] = EMOTIONS) -> list[Clip]:
    return [
        Clip(Path(f"{corpus}/{s}_{emotion}_{take}.wav"), corpus, "en", f"{corpus}-{s}", "", emotion, "", "")
        for s in range(speakers)
        for emotion in emotions
        for take in range(takes)
    ]


def _speakers(clips: Sequence[Clip]) -> set[str]:
    return {clip.speaker for clip in clips}


def test_a_shared_speaker_is_refused_by_name() -> None:
    clips = _clips("a", 2)
    with pytest.raises(UsageError, match="found a-1 on both sides of a split, expected no shared speaker"):
        Split(train=tuple(clips), test=tuple(clip for clip in clips if clip.speaker == "a-1"))


def test_many_shared_speakers_stay_one_short_line() -> None:
    clips = tuple(_clips("a", 30))
    with pytest.raises(UsageError, match=r"found a-0, a-1, a-10, .* and 20 more on both sides"):
        Split(clips, clips)


@pytest.mark.parametrize("empty", ["train", "test"])
def test_an_empty_side_is_refused(empty: str) -> None:
    sides = {"train": tuple(_clips("a", 1)), "test": tuple(_clips("b", 1))} | {empty: ()}
    with pytest.raises(UsageError, match="expected some on both sides"):
        Split(**sides)


def test_the_corpus_own_folds_are_used() -> None:
    clips = [replace(clip, fold=int(clip.speaker[-1]) % 3) for clip in _clips("a", 7)]
    splits = folds(clips, count=5, seed=3)
    assert [_speakers(split.test) for split in splits] == [{"a-0", "a-3", "a-6"}, {"a-1", "a-4"}, {"a-2", "a-5"}]
    assert all(len(split.train) + len(split.test) == len(clips) for split in splits)


def test_own_folds_that_share_a_speaker_are_refused() -> None:
    clips = [replace(clip, fold=place % 2) for place, clip in enumerate(_clips("a", 3))]
    with pytest.raises(UsageError, match="found a-0, a-1, a-2 on both sides"):
        folds(clips)


def test_one_clip_without_a_fold_and_all_are_dealt_anew() -> None:
    clips = [replace(clip, fold=0) for clip in _clips("a", 6)]
    clips[0] = replace(clips[0], fold=None)
    assert len(folds(clips, count=3)) == 3


@given(
    sizes=st.lists(st.tuples(st.integers(1, 6), st.integers(1, 4)), min_size=1, max_size=4),
    count=st.integers(2, 6),
    seed=st.integers(0, 1000),
)
def test_folds_are_disjoint_whole_and_the_same_in_any_order(
    sizes: list[tuple[int, int]], count: int, seed: int
) -> None:
    clips = [
        clip
        for place, (speakers, emotions) in enumerate(sizes)
        for clip in _clips(f"c{place}", speakers, 1 + place, EMOTIONS[:emotions])
    ]
    if len(_speakers(clips)) < count:
        with pytest.raises(UsageError, match=f"speakers for {count} folds"):
            folds(clips, count, seed)
        return
    splits = folds(clips, count, seed)
    assert len(splits) == count
    assert Counter(clip for split in splits for clip in split.test) == Counter(clips)
    assert all(not _speakers(split.train) & _speakers(split.test) for split in splits)
    shuffled = random.Random(seed).sample(clips, len(clips))
    assert split_hash(*folds(shuffled, count, seed)) == split_hash(*splits)


def test_folds_are_balanced_by_corpus_and_emotion() -> None:
    clips = [*_clips("large", 10, takes=5), *_clips("small", 5), *_clips("sad", 5, emotions=("sad",))]
    for split in folds(clips, count=5):
        assert Counter(clip.corpus for clip in split.test) == {"large": 40, "small": 12, "sad": 3}
        assert Counter(clip.emotion for clip in split.test) == {"angry": 13, "happy": 13, "neutral": 13, "sad": 16}


def test_two_speakers_of_a_corpus_never_share_a_fold_when_there_is_another() -> None:
    clips = [*_clips("tess", 2, takes=200), *_clips("ravdess", 10)]
    for seed in range(5):
        held = [split for split in folds(clips, seed=seed) if "tess" in {clip.corpus for clip in split.test}]
        assert len(held) == 2


def test_a_seed_gives_always_the_same_folds_and_another_seed_others() -> None:
    clips = _clips("a", 12)
    assert split_hash(*folds(clips, seed=1)) == split_hash(*folds(clips, seed=1))
    assert len({split_hash(*folds(clips, seed=seed)) for seed in range(10)}) > 5


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_folds_are_refused(count: int) -> None:
    with pytest.raises(UsageError, match=f"for {count} folds, expected 2 folds or more"):
        folds(_clips("a", 3), count=count)


def test_leaving_one_corpus_out() -> None:
    clips = [*_clips("a", 2), *_clips("b", 3), *_clips("c", 1)]
    splits = leave_one_corpus_out(clips)
    assert list(splits) == ["a", "b", "c"]
    for name, split in splits.items():
        assert {clip.corpus for clip in split.test} == {name}
        assert {clip.corpus for clip in split.train} == {"a", "b", "c"} - {name}


def test_leaving_out_the_only_corpus_is_refused() -> None:
    with pytest.raises(UsageError, match="found corpora a, expected two or more"):
        leave_one_corpus_out(_clips("a", 2))


@given(share=st.floats(0.05, 0.5), seed=st.integers(0, 1000), speakers=st.integers(2, 20))
def test_validation_speakers_come_from_the_training_side_alone(share: float, seed: int, speakers: int) -> None:
    (outer, *_) = folds(_clips("a", speakers + 1), count=2, seed=seed)
    if len(_speakers(outer.train)) < 2:
        return
    inner = validation_split(outer.train, share, seed)
    assert Counter([*inner.train, *inner.test]) == Counter(outer.train)
    assert not _speakers(inner.test) & _speakers(outer.test)
    assert split_hash(inner) == split_hash(validation_split(outer.train, share, seed))


def test_the_validation_share_is_about_what_was_asked() -> None:
    clips = [*_clips("a", 20), *_clips("b", 10)]
    for share in (0.1, 0.2, 0.5):
        assert len(validation_split(clips, share).test) / len(clips) == pytest.approx(share, abs=0.04)


def test_the_only_speaker_of_a_corpus_stays_to_be_learnt_from() -> None:
    clips = [*_clips("tess", 1, takes=200), *_clips("ravdess", 8)]
    assert all({clip.corpus for clip in validation_split(clips, seed=seed).test} == {"ravdess"} for seed in range(10))
    alone = [*_clips("a", 1), *_clips("b", 1)]
    assert len(_speakers(validation_split(alone).test)) == 1


@pytest.mark.parametrize("share", [0.0, -0.1, 0.6, float("nan")])
def test_a_share_out_of_range_is_refused(share: float) -> None:
    with pytest.raises(UsageError, match="found a validation share of"):
        validation_split(_clips("a", 5), share)


def test_one_speaker_cannot_be_divided() -> None:
    with pytest.raises(UsageError, match="found 1 speakers for 2 folds"):
        validation_split(_clips("a", 1))


def test_the_hash_names_the_split_and_not_the_place_of_the_files() -> None:
    clips = _clips("a", 3)
    split = Split(tuple(clips[12:]), tuple(clips[:12]))
    elsewhere = [replace(clip, path=Path("/elsewhere") / f"{clip.path.stem}.flac", seconds=1.0) for clip in clips]
    assert split_hash(Split(tuple(elsewhere[:11:-1]), tuple(elsewhere[:12]))) == split_hash(split)
    others = [Split(split.test, split.train), Split(split.train[1:], split.test), Split(split.train, split.test[1:])]
    assert len({split_hash(split), *map(split_hash, others)}) == 4
    assert split_hash(split) == "c7074e8f8a0108b3"


def test_folds_of_one_voice_hold_out_each_clip_once_and_every_emotion() -> None:
    clips = _clips("a", 1, takes=5)
    splits = folds_of_one_voice(clips, 5)
    assert sorted(clip.path for split in splits for clip in split.test) == sorted(clip.path for clip in clips)
    for split in splits:
        assert {*split.train, *split.test} == set(clips)
        assert Counter(clip.emotion for clip in split.test) == Counter(EMOTIONS)
    assert splits == folds_of_one_voice(clips, 5) != folds_of_one_voice(clips, 5, seed=1)


def test_folds_of_one_voice_are_not_for_two() -> None:
    with pytest.raises(UsageError, match=r"found 2 voices \(a-0, a-1\), expected one"):
        folds_of_one_voice(_clips("a", 2), 3)
    with pytest.raises(UsageError, match="expected one"):
        Split(train=tuple(_clips("a", 1)), test=tuple(_clips("b", 1)), one_voice=True)
