"""Corpora of one's own: a clips.tsv, or folders named after their labels."""

import json
import os
from pathlib import Path

import pytest

from emostream.errors import NoInputError
from emostream_trainer.corpora.registry import read_corpus
from tests.support import small_corpora
from tests.support.commands import emostream


def test_a_table_says_everything(tmp_path: Path) -> None:
    corpus = read_corpus(small_corpora.clips_tsv(tmp_path))
    assert len(corpus.clips) == 40
    first = corpus.clips[0]
    assert first.path == tmp_path / "audio/0_neutral_0.wav"
    assert (first.corpus, first.language, first.speaker, first.sex) == ("made", "en", "made-0", "F")
    assert (first.emotion, first.intensity, first.sentence) == ("neutral", "", "t0")
    assert (first.seconds, first.votes, first.fold) == (0.5, None, 0)
    assert {clip.fold for clip in corpus.clips} == {0, 1, 2, 3, 4}


def test_a_short_table_is_enough_and_speakers_get_the_corpus_in_their_name(tmp_path: Path) -> None:
    small_corpora.write_voice(tmp_path / "a.wav")
    (tmp_path / "clips.tsv").write_text('path\tspeaker\temotion\tsentence\na.wav\tann\tamused\t"quoted\n')
    (clip,) = read_corpus(tmp_path).clips
    assert (clip.corpus, clip.speaker, clip.language) == (tmp_path.name, f"{tmp_path.name}-ann", "und")
    assert (clip.emotion, clip.sentence, clip.seconds, clip.fold) == ("amused", '"quoted', None, None)


def test_a_table_as_windows_writes_it(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        small_corpora.write_voice(tmp_path / "voices" / f"{name}.wav")
    rows = (
        "path\tspeaker\temotion",
        "voices\\a.wav\tann\tAngry",
        "voices\\b.wav\tann \tangry",
        "voices/c.wav\tben\tSAD\tmore",
    )
    (tmp_path / "clips.tsv").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(rows).encode())
    corpus = read_corpus(tmp_path)
    assert [clip.emotion for clip in corpus.clips] == ["angry", "angry", "sad"]
    assert len({clip.speaker for clip in corpus.clips}) == 2
    assert not corpus.skipped


@pytest.mark.parametrize("seconds", ["nan", "-1", "0", "inf", "-inf", "1,5"])
def test_seconds_that_no_clip_can_last_are_refused(seconds: str, tmp_path: Path) -> None:
    small_corpora.write_voice(tmp_path / "a.wav")
    (tmp_path / "clips.tsv").write_text(f"path\tspeaker\temotion\tseconds\na.wav\tann\tsad\t{seconds}\n")
    with pytest.raises(NoInputError, match=rf"found seconds '{seconds}' in row 1 .*expected a number above 0"):
        read_corpus(tmp_path)


def test_rows_without_a_usable_file_are_reported(tmp_path: Path) -> None:
    small_corpora.clips_tsv(tmp_path)
    (tmp_path / "audio/0_sad_0.wav").unlink()
    (tmp_path / "audio/1_sad_0.wav").write_bytes(b"")
    corpus = read_corpus(tmp_path)
    assert len(corpus.clips) == 38
    assert [(file.path.name, file.why) for file in corpus.skipped] == [
        ("0_sad_0.wav", "no file there, but listed in clips.tsv"),
        ("1_sad_0.wav", "empty file, but listed in clips.tsv"),
    ]


def test_audio_that_no_row_names_is_reported(tmp_path: Path) -> None:
    small_corpora.clips_tsv(tmp_path)
    small_corpora.write_voice(tmp_path / "audio" / "outtake.wav")
    corpus = read_corpus(tmp_path)
    assert len(corpus.clips) == 40
    assert [(file.path.name, file.why) for file in corpus.skipped] == [("outtake.wav", "not listed in clips.tsv")]


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("", "found columns none in .* expected path, speaker, emotion too"),
        ("path\temotion\na.wav\tsad\n", "expected speaker too"),
        ("path\tspeaker\temotion\n", r"found no clips by .*clips\.tsv \(0 files"),
        ("path\tspeaker\temotion\nb.wav\tann\tsad\n", r"\(1 files missing or empty\)"),
        ("path\tspeaker\temotion\na.wav\tann\n", "found no emotion in row 1"),
        ("path\tspeaker\temotion\tseconds\na.wav\tann\tsad\tlong\n", "found seconds 'long' in row 1"),
        ("path\tspeaker\temotion\tfold\na.wav\tann\tsad\t1.5\n", "found fold '1.5' in row 1"),
        ("path\tspeaker\temotion\na.wav\tann\tsad\na.wav\tbob\tsad\n", r"found a\.wav a second time in row 2"),
    ],
)
def test_a_wrong_table_is_one_clear_line(tmp_path: Path, table: str, says: str) -> None:
    small_corpora.write_voice(tmp_path / "a.wav")
    (tmp_path / "clips.tsv").write_text(table)
    with pytest.raises(NoInputError, match=says) as caught:
        read_corpus(tmp_path)
    assert "\n" not in str(caught.value)


def _labels_and_speakers(root: Path, *names: str) -> set[tuple[str, str]]:
    for name in names:
        small_corpora.write_voice(root / name, seconds=0.1)
    corpus = read_corpus(root)
    assert len(corpus.clips) == len(names)
    return {(clip.emotion, clip.speaker.removeprefix(f"{root.name}-")) for clip in corpus.clips}


def test_folders_of_labels_in_folders_of_speakers_or_the_other_way_round(tmp_path: Path) -> None:
    expected = {("angry", "ann"), ("happy", "ann"), ("sad", "bob")}
    assert _labels_and_speakers(tmp_path / "1", "Anger/ann/1.wav", "joy/ann/1.wav", "SAD/bob/1.wav") == expected
    assert _labels_and_speakers(tmp_path / "2", "ann/anger/1.wav", "ann/happy/1.wav", "bob/sad/1.wav") == expected


def test_folders_that_name_no_speaker_are_not_taken_for_one(tmp_path: Path) -> None:
    names = ("train/angry/ann/1.wav", "test/happy/bob/1.wav")
    assert _labels_and_speakers(tmp_path, *names) == {("angry", "ann"), ("happy", "bob")}


def test_names_give_the_speaker_only_where_they_are_heard_with_several_labels(tmp_path: Path) -> None:
    names = ("angry/ann_1.wav", "sad/ann_2.wav", "sad/take_3.wav", "sad/007_1.wav", "angry/007_1.wav", "sad/x.wav")
    assert _labels_and_speakers(tmp_path, *names) == {
        ("angry", "ann"),
        ("sad", "ann"),
        ("sad", "unknown"),
        ("angry", "unknown"),
    }


def test_labels_of_ones_own_stand_beside_known_ones(tmp_path: Path) -> None:
    names = ("angry/ann/1.wav", "sad/ann/1.wav", "Amused/ann/1.wav")
    assert {label for label, _ in _labels_and_speakers(tmp_path, *names)} == {"angry", "sad", "amused"}


def test_labels_of_ones_own_alone_need_the_layout_named(tmp_path: Path) -> None:
    for name in ("amused/ann/1.wav", "stern/bob/1.wav", "loose.wav"):
        small_corpora.write_voice(tmp_path / name)
    with pytest.raises(NoInputError, match="found 3 audio files"):
        read_corpus(tmp_path)
    corpus = read_corpus(tmp_path, kind="folders")
    assert [(clip.emotion, clip.speaker.rpartition("-")[2]) for clip in corpus.clips] == [
        ("amused", "ann"),
        ("stern", "bob"),
    ]


def test_files_beside_the_label_folders_and_empty_ones_are_reported(tmp_path: Path) -> None:
    small_corpora.folders(tmp_path)
    small_corpora.write_voice(tmp_path / "loose.wav")
    (tmp_path / "Sad" / "ann" / "2.wav").touch()
    corpus = read_corpus(tmp_path)
    assert len(corpus.clips) == 8
    assert {file.path.name: file.why for file in corpus.skipped} == {
        "loose.wav": "not in a folder named after its label",
        "2.wav": "empty file",
    }


def test_names_of_any_bytes_are_escaped_on_the_screen_and_exact_in_json(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9\x1b[31m.wav")
    for label in ("angry", "sad"):
        small_corpora.write_voice(tmp_path / label / "clip.wav").rename(tmp_path / label / name)
        (tmp_path / label / f"empty{name}").touch()
    said = emostream("corpora", "check", tmp_path)
    assert said.code == 0, said.errors
    assert "\x1b[31m" not in said.out
    assert "caf\\xe9\\x1b[31m.wav" in said.out
    (group,) = json.loads(emostream("corpora", "check", "--format", "json", tmp_path).out)["left_out"]
    assert [os.fsencode(file) for file in group["files"]] == [
        b"angry/emptycaf\xe9\x1b[31m.wav",
        b"sad/emptycaf\xe9\x1b[31m.wav",
    ]
