"""The readers against the real corpora, named by EMOSTREAM_CORPORA: a clips.tsv and the corpora beside it."""

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from emostream_trainer.corpora.labels import FOUR
from emostream_trainer.corpora.registry import read_corpus
from emostream_trainer.data.splits import folds, leave_one_corpus_out, split_hash, validation_split

pytestmark = pytest.mark.corpora


@pytest.mark.parametrize(("name", "count"), [("ravdess", 1199), ("emodb", 408), ("tess", 2800), ("nemo", 3403)])
def test_names_agree_with_the_table(corpora: Path, name: str, count: int) -> None:
    table = {clip.path: replace(clip, seconds=None, fold=None) for clip in read_corpus(corpora).clips}
    corpus = read_corpus(corpora / name)
    assert corpus.skipped == ()
    assert len(corpus.clips) == count
    assert [clip for clip in corpus.clips if table[clip.path] != clip] == []


def test_the_table_is_complete_and_its_folds_share_no_speaker(corpora: Path) -> None:
    corpus = read_corpus(corpora)
    assert len(corpus.clips) == 7810
    assert {file.why for file in corpus.skipped} == {"not listed in clips.tsv"}
    assert {file.path.parent.name for file in corpus.skipped} == {"odd"}
    splits = folds(corpus.clips)
    assert len(splits) == 5
    assert sum(len(split.test) for split in splits) == 7810


def test_the_same_split_has_the_same_hash_whichever_way_it_was_read(corpora: Path) -> None:
    by_table = read_corpus(corpora).clips
    by_name = [clip for name in ("ravdess", "emodb", "tess", "nemo") for clip in read_corpus(corpora / name).clips]
    hashes = [{name: split_hash(split) for name, split in leave_one_corpus_out(c).items()} for c in (by_table, by_name)]
    assert hashes[0] == hashes[1]


def test_four_labels_leave_enough_on_every_side(corpora: Path) -> None:
    for split in folds(FOUR.keep(read_corpus(corpora).clips)):
        inner = validation_split(split.train)
        for side in (inner.train, inner.test, split.test):
            assert set(FOUR.indices(side).tolist()) == {0, 1, 2, 3}
        assert {clip.corpus for clip in inner.train} == {"ravdess", "emodb", "tess", "nemo"}


def test_the_vote_tables_of_crema_d(corpora: Path, tmp_path: Path) -> None:
    with (corpora / "crema-d" / "summaryTable.csv").open(newline="") as lines:
        winners = {row["FileName"]: row["VoiceVote"].split(":") for row in csv.DictReader(lines)}
    assert len(winners) == 7442
    audio = tmp_path / "AudioWAV"
    audio.mkdir()
    for name in winners:
        (audio / f"{name}.wav".replace("1040_ITH_SAD_XX", "1040_ITH_SAD_X")).write_bytes(b"RIFF")
    for table in ("tabulatedVotes.csv", "VideoDemographics.csv"):
        (tmp_path / table).symlink_to(corpora.resolve() / "crema-d" / table)
    corpus = read_corpus(tmp_path)
    assert [(file.path.stem, file.why) for file in corpus.skipped] == [("1076_MTI_SAD_XX", "known to have no sound")]
    assert len(corpus.clips) == 7441
    assert len({clip.speaker for clip in corpus.clips}) == 91
    assert Counter({clip.speaker: clip.sex for clip in corpus.clips}.values()) == {"M": 48, "F": 43}
    for clip in corpus.clips:
        assert clip.votes is not None
        most = max(clip.votes.values())
        heard = sorted(emotion[0].upper() for emotion, share in clip.votes.items() if share == most)
        assert heard == winners[clip.path.stem.replace("1040_ITH_SAD_X", "1040_ITH_SAD_XX")]
