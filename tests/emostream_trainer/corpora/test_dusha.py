"""Dusha: many answers to one clip, audio of the crowd, features of the podcasts."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from emostream.errors import NoInputError
from emostream_trainer.corpora.clip import Clip, Corpus
from emostream_trainer.corpora.features import has_audio
from emostream_trainer.corpora.registry import read_corpus, sources
from tests.support import small_corpora
from tests.support.small_corpora import (
    DUSHA_COLUMNS,
    dusha_name,
    dusha_rows,
    write_dusha_table,
    write_features,
    write_voice,
)


def _by_name(corpus: Corpus) -> dict[str, Clip]:
    return {clip.path.stem: clip for clip in corpus.clips}


def _why(corpus: Corpus) -> dict[str, str]:
    return {file.path.stem: file.why for file in corpus.skipped}


def test_rows_of_annotators_become_clips(tmp_path: Path) -> None:
    corpus = read_corpus(small_corpora.dusha(tmp_path))
    assert corpus.skipped == ()
    emotions = {("s1", e): "happy" if e == "positive" else e for e in small_corpora.DUSHA_EMOTIONS}
    clips = _by_name(corpus)
    for (source, answer), emotion in emotions.items():
        clip = clips[dusha_name("crowd_train", source, answer)]
        assert (clip.emotion, clip.speaker, clip.sex, clip.language) == (emotion, f"dusha-{source}", "", "ru")
        assert clip.seconds == 0.5
        assert clip.votes == {emotion: pytest.approx(1.0)}
    (facts,) = sources(corpus.clips)
    assert "share alike" in facts.licence


def test_it_is_the_same_in_either_form_and_with_its_columns_in_any_order(tmp_path: Path) -> None:
    expected = read_corpus(small_corpora.dusha(tmp_path)).clips
    folder = tmp_path / "crowd_train"
    rows = dusha_rows("crowd_train", ("s1", "s2"))
    write_dusha_table(folder, rows, ".jsonl", DUSHA_COLUMNS[::-1])
    assert read_corpus(tmp_path).clips == expected, "a table in both forms counts once"
    (folder / "raw_crowd_train.tsv").unlink()
    assert read_corpus(tmp_path).clips == expected
    (folder / "raw_crowd_train.jsonl").unlink()
    write_dusha_table(folder, rows, ".tsv", DUSHA_COLUMNS[::-1])
    assert read_corpus(tmp_path).clips == expected
    assert read_corpus(folder).clips == expected, "a folder of the corpus alone"


def _changed(tmp_path: Path, change: Callable[[list[dict[str, str]]], None]) -> Corpus:
    small_corpora.dusha(tmp_path)
    rows = dusha_rows("crowd_train", ("s1", "s2"))
    change(rows)
    write_dusha_table(tmp_path / "crowd_train", rows)
    return read_corpus(tmp_path)


def test_who_disagrees_too_much_is_left_out_and_shares_are_votes(tmp_path: Path) -> None:
    quarrelled = dusha_name("crowd_train", "s1", "neutral")

    def quarrel(rows: list[dict[str, str]]) -> None:
        asked = [row for row in rows if row["hash_id"] == quarrelled]
        for row in asked[2:]:
            rows.remove(row)
        for row, emotion in zip(asked[:2], ("angry", "sad"), strict=True):
            row.update(annotator_emo=emotion, annotator_id=f"who is heard once, {emotion}")

    corpus = _changed(tmp_path, quarrel)
    assert len(corpus.clips) == 9
    assert _why(corpus) == {quarrelled: "its annotators agree less than 0.9"}
    assert all(clip.votes and sum(clip.votes.values()) == pytest.approx(1.0) for clip in corpus.clips)


def test_control_tasks_incomplete_rows_and_missing_files_are_left_out(tmp_path: Path) -> None:
    control, incomplete, gone, alone = (dusha_name("crowd_train", "s1", e) for e in ("neutral", "positive", "sad", "x"))

    def spoil(rows: list[dict[str, str]]) -> None:
        for row in rows:
            if row["hash_id"] == control:
                row["golden_emo"] = "neutral"
            if row["hash_id"] == incomplete:
                row["annotator_emo"] = ""
        (tmp_path / "crowd_train" / "wavs" / f"{gone}.wav").unlink()
        write_voice(tmp_path / "crowd_train" / "wavs" / f"{alone}.wav")

    corpus = _changed(tmp_path, spoil)
    assert len(corpus.clips) == 7
    assert _why(corpus) == {
        control: "a control task for annotators",
        incomplete: "its rows in the table are incomplete",
        gone: "no file there, but listed in a table",
        alone: "in no table of dusha",
    }


def test_one_row_that_is_incomplete_does_not_cost_the_clip(tmp_path: Path) -> None:
    def spoil(rows: list[dict[str, str]]) -> None:
        rows[0]["annotator_id"] = ""

    corpus = _changed(tmp_path, spoil)
    assert (len(corpus.clips), corpus.skipped) == (10, ())


def test_a_clip_whose_rows_name_no_annotator_is_left_out(tmp_path: Path) -> None:
    anonymous = dusha_name("crowd_train", "s1", "neutral")

    def forget(rows: list[dict[str, str]]) -> None:
        for row in rows:
            if row["hash_id"] == anonymous:
                row["annotator_id"] = ""

    corpus = _changed(tmp_path, forget)
    assert len(corpus.clips) == 9
    assert _why(corpus) == {anonymous: "its rows in the table are incomplete"}


def test_an_unknown_source_is_one_unknown_speaker(tmp_path: Path) -> None:
    def forget(rows: list[dict[str, str]]) -> None:
        for row in rows:
            row["source_id"] = "" if row["source_id"] == "s2" else row["source_id"]

    assert {clip.speaker for clip in _changed(tmp_path, forget).clips} == {"dusha-s1", "dusha-unknown"}


def test_podcasts_are_features_with_the_speakers_of_their_table(tmp_path: Path) -> None:
    corpus = read_corpus(small_corpora.dusha_podcasts(tmp_path))
    assert {clip.speaker for clip in corpus.clips} == {"dusha-p1", "dusha-p2"}
    assert not any(has_audio(clip) for clip in corpus.clips)
    assert all(clip.votes for clip in corpus.clips)


def test_manifests_alone_give_label_and_length(tmp_path: Path) -> None:
    small_corpora.dusha_podcasts(tmp_path)
    (tmp_path / "podcast_train" / "raw_podcast_train.tsv").unlink()
    other = tmp_path / "test" / "podcast_test.jsonl"
    other.parent.mkdir()
    other.write_text((tmp_path / "train" / "train.jsonl").read_text())
    corpus = read_corpus(tmp_path)
    clips = _by_name(corpus)
    assert len(clips) == len(corpus.clips) == 8
    assert {clip.speaker for clip in corpus.clips} == {"dusha-unknown"}
    for emotion, label in (("angry", "angry"), ("positive", "happy"), ("neutral", "neutral"), ("sad", "sad")):
        clip = clips[dusha_name("podcast_train", "p1", emotion)]
        assert (clip.emotion, clip.seconds, clip.votes) == (label, 0.6, None)
    assert {file.why for file in corpus.skipped} == {"in no table of dusha"}, "what was called other is in no manifest"


def test_where_there_is_audio_the_features_are_no_second_clip(tmp_path: Path) -> None:
    small_corpora.dusha(tmp_path)
    for row in dusha_rows("crowd_train", ("s1",)):
        write_features(tmp_path / "features" / f"{row['hash_id']}.npy")
    corpus = read_corpus(tmp_path)
    assert (len(corpus.clips), corpus.skipped) == (10, ())
    assert all(map(has_audio, corpus.clips))


@pytest.mark.parametrize("column", ["hash_id", "annotator_emo", "golden_emo", "source_id", "annotator_id"])
@pytest.mark.parametrize("suffix", [".tsv", ".jsonl"])
def test_a_missing_column_is_one_clear_line(tmp_path: Path, column: str, suffix: str) -> None:
    small_corpora.dusha(tmp_path, sources=("s1",))
    (tmp_path / "crowd_train" / "raw_crowd_train.tsv").unlink()
    columns = [name for name in DUSHA_COLUMNS if name != column]
    write_dusha_table(tmp_path / "crowd_train", dusha_rows("crowd_train", ("s1",)), suffix, columns)
    with pytest.raises(NoInputError, match=rf"expected {column} too: add what is missing") as caught:
        read_corpus(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "found no JSON in line 2"),
        ('["x"]', "found no object in line 2"),
        (json.dumps({"id": "x", "tensor": "x.npy", "label": 4}), "found label '4' in line 2 .* expected 0 to 3"),
    ],
)
def test_a_broken_manifest_is_one_clear_line(tmp_path: Path, line: str, says: str) -> None:
    small_corpora.dusha_podcasts(tmp_path)
    good = json.dumps({"id": "x", "tensor": "x.npy", "label": 0})
    (tmp_path / "train" / "train.jsonl").write_text(f"{good}\n{line}\n")
    with pytest.raises(NoInputError, match=says) as caught:
        read_corpus(tmp_path)
    assert "\n" not in str(caught.value)
