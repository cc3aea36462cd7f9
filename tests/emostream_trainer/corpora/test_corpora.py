"""Finding out which corpora a directory holds."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile

from emostream.errors import NoInputError, UsageError
from emostream_trainer.corpora.clip import Clip, Corpus, Skipped, describe, seconds_of
from emostream_trainer.corpora.registry import KINDS, READERS, read_corpus, sources, survey, together
from tests.support import small_corpora
from tests.support.small_corpora import write_voice


@pytest.mark.parametrize(
    ("build", "name", "held"),
    [
        (small_corpora.ravdess, "ravdess", "60 clips, 4 speakers, en"),
        (small_corpora.emodb, "emodb", "14 clips, 2 speakers, de"),
        (small_corpora.tess, "tess", "28 clips, 2 speakers, en"),
        (small_corpora.nemo, "nemo", "12 clips, 2 speakers, pl"),
        (small_corpora.crema_d, "crema-d", "12 clips, 2 speakers, en"),
        (small_corpora.savee, "savee", "14 clips, 2 speakers, en"),
        (small_corpora.urdu, "urdu", "8 clips, 2 speakers, ur"),
        (small_corpora.emovo, "emovo", "14 clips, 2 speakers, it"),
        (small_corpora.dusha, "dusha", "10 clips, 2 speakers, ru"),
        (small_corpora.dusha_podcasts, "dusha", "10 clips, 2 speakers, ru"),
    ],
)
def test_a_layout_is_told_by_its_names(tmp_path: Path, build: Callable[[Path], Path], name: str, held: str) -> None:
    corpus = read_corpus(build(tmp_path))
    assert corpus.name == name
    assert corpus.skipped == ()
    assert {clip.corpus for clip in corpus.clips} == {name}
    (language,) = {clip.language for clip in corpus.clips}
    assert held == f"{len(corpus.clips)} clips, {len({clip.speaker for clip in corpus.clips})} speakers, {language}"
    assert all(clip.speaker.startswith(f"{name}-") and clip.path.is_file() for clip in corpus.clips)
    assert corpus == read_corpus(tmp_path, kind=name)


def test_several_corpora_in_one_directory_are_read_together(tmp_path: Path) -> None:
    small_corpora.emodb(tmp_path / "berlin")
    small_corpora.tess(tmp_path / "toronto")
    small_corpora.write_voice(tmp_path / "toronto" / "take one.wav")
    corpus = read_corpus(tmp_path)
    assert Counter(clip.corpus for clip in corpus.clips) == {"emodb": 14, "tess": 28}
    assert corpus.skipped == (Skipped(tmp_path / "toronto" / "take one.wav", "not a name of emodb, tess"),)
    assert [facts.name for facts in sources(corpus.clips)] == ["emodb", "tess"]


def test_a_table_comes_before_the_names(tmp_path: Path) -> None:
    small_corpora.emodb(tmp_path)
    small_corpora.clips_tsv(tmp_path)
    assert {clip.corpus for clip in read_corpus(tmp_path).clips} == {"made"}
    assert {clip.corpus for clip in read_corpus(tmp_path, kind="emodb").clips} == {"emodb"}


def test_a_named_layout_takes_only_its_own(tmp_path: Path) -> None:
    small_corpora.emodb(tmp_path)
    small_corpora.tess(tmp_path)
    corpus = read_corpus(tmp_path, kind="tess")
    assert len(corpus.clips) == 28
    assert {file.why for file in corpus.skipped} == {"not a name of tess"}
    assert len(corpus.skipped) == 14


def test_a_name_by_chance_does_not_turn_folders_into_a_corpus(tmp_path: Path) -> None:
    small_corpora.folders(tmp_path)
    small_corpora.write_voice(tmp_path / "Angry" / "ann" / "03a01Wa.wav")
    corpus = read_corpus(tmp_path)
    assert len(corpus.clips) == 9
    assert {clip.corpus for clip in corpus.clips} == {tmp_path.name}


def test_hidden_files_leftovers_and_circles_of_links_are_passed_by(tmp_path: Path) -> None:
    small_corpora.emodb(tmp_path)
    small_corpora.write_voice(tmp_path / "wav" / "._03a01Fa.wav")
    small_corpora.write_voice(tmp_path / "__MACOSX" / "03a02Fa.wav")
    (tmp_path / "wav" / "again").symlink_to(tmp_path)
    corpus = read_corpus(tmp_path)
    assert len(corpus.clips) == 14
    assert corpus.skipped == ()


def test_a_linked_corpus_is_read(tmp_path: Path) -> None:
    small_corpora.emodb(tmp_path / "elsewhere")
    corpora = tmp_path / "corpora"
    corpora.mkdir()
    (corpora / "emodb").symlink_to(tmp_path / "elsewhere")
    assert len(read_corpus(corpora).clips) == 14


def test_unusable_files_are_counted_with_the_reason(tmp_path: Path) -> None:
    small_corpora.emodb(tmp_path)
    wav = tmp_path / "wav"
    (wav / "03a02Fa.wav").touch()
    (wav / "03a05Fa.wav").symlink_to(tmp_path / "gone.wav")
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 99\n"
    (wav / "03b02Fa.wav").write_text(pointer)
    small_corpora.write_voice(tmp_path / "copy" / "03a01Fa.flac")
    corpus = read_corpus(tmp_path)
    assert len(corpus.clips) == 14
    assert {(file.path.name, file.why) for file in corpus.skipped} == {
        ("03a02Fa.wav", "empty file"),
        ("03a05Fa.wav", "no file there"),
        ("03b02Fa.wav", "a Git LFS pointer in place of the audio, which 'git lfs pull' fetches"),
        ("03a01Fa.wav", "second copy of a recording"),
    }


def test_the_lossless_copy_is_the_one_to_take(tmp_path: Path) -> None:
    small_corpora.emodb(tmp_path)
    (tmp_path / "mp3").mkdir()
    (tmp_path / "mp3" / "03a01Fa.mp3").write_bytes(b"lossy")
    corpus = read_corpus(tmp_path)
    assert [file.path.name for file in corpus.skipped] == ["03a01Fa.mp3"]


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("missing", "found nothing at"),
        ("file", "found a file at"),
        ("empty", "found no audio in"),
        ("unknown", "found 1 audio files in"),
    ],
)
def test_no_corpus_is_one_clear_line(tmp_path: Path, what: str, says: str) -> None:
    place = tmp_path / "corpus"
    if what == "file":
        place.touch()
    if what in {"empty", "unknown"}:
        place.mkdir()
        (place / "notes.txt").touch()
    if what == "unknown":
        small_corpora.write_voice(place / "take one.wav")
    with pytest.raises(NoInputError, match=says) as caught:
        read_corpus(place)
    message = str(caught.value)
    assert "expected" in message or "sort them" in message
    assert "\n" not in message
    assert str(place) in message


def test_an_unknown_layout_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"found corpus layout 'iemocap', expected one of auto, clips\.tsv, ravdess"):
        read_corpus(tmp_path, kind="iemocap")
    assert set(READERS) < set(KINDS)


def test_corpora_of_all_kinds_side_by_side_keep_apart(tmp_path: Path) -> None:
    for name in ("ravdess", "urdu", "emovo", "dusha", "crema_d"):
        getattr(small_corpora, name)(tmp_path / name)
    corpus = read_corpus(tmp_path)
    assert Counter(clip.corpus for clip in corpus.clips) == {
        "ravdess": 60,
        "urdu": 8,
        "emovo": 14,
        "dusha": 10,
        "crema-d": 12,
    }
    assert corpus.skipped == ()


def test_a_survey_names_what_no_corpus_knows(tmp_path: Path) -> None:
    small_corpora.write_voice(tmp_path / "take one.wav")
    corpus = survey(tmp_path)
    assert corpus.clips == ()
    assert corpus.skipped == (Skipped(tmp_path / "take one.wav", "not a name of any known corpus"),)


def test_a_corpus_without_a_clip_to_use_says_why(tmp_path: Path) -> None:
    (tmp_path / "03a01Fa.wav").touch()
    with pytest.raises(NoInputError, match=r"no clip to use, such as 03a01Fa\.wav \(empty file\)"):
        read_corpus(tmp_path)


def test_a_layout_asked_for_and_not_there(tmp_path: Path) -> None:
    small_corpora.tess(tmp_path)
    with pytest.raises(NoInputError, match="but no clip of emodb"):
        read_corpus(tmp_path, kind="emodb")
    with pytest.raises(NoInputError, match=r"found no clips\.tsv in"):
        read_corpus(tmp_path, kind="clips.tsv")


def test_a_card_gets_language_and_licence_of_every_source(tmp_path: Path) -> None:
    small_corpora.clips_tsv(tmp_path / "own")
    small_corpora.nemo(tmp_path / "nemo")
    facts = sources([*read_corpus(tmp_path / "own").clips, *read_corpus(tmp_path / "nemo").clips])
    assert [(fact.name, fact.language, fact.licence) for fact in facts] == [
        ("made", "en", "not known"),
        ("nemo", "pl", "CC BY-NC-SA 4.0"),
    ]


def test_seconds_come_from_the_table_or_else_from_the_file(tmp_path: Path) -> None:
    path = small_corpora.write_voice(tmp_path / "a.wav", seconds=0.25)
    clip = Clip(path, "made", "en", "made-1", "", "sad", "", "")
    assert seconds_of(clip) == 0.25
    assert seconds_of(Clip(path, "made", "en", "made-1", "", "sad", "", "", seconds=3.0)) == 3.0


def test_seconds_of_aiff_bytes_in_a_wav_name(tmp_path: Path) -> None:
    path = tmp_path / "YAF_neat_fear.wav"
    soundfile.write(path, [0.1] * 8_000, 16_000, format="AIFF", subtype="PCM_16")
    assert seconds_of(Clip(path, "tess", "en", "tess-YAF", "F", "fearful", "", "neat")) == 0.5


def test_seconds_are_those_of_the_sound_and_not_of_a_header(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, [0.1] * 8_000, 16_000)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"data" + (16_000).to_bytes(4, "little"), b"data" + bytes(4)))
    assert seconds_of(Clip(path, "made", "en", "made-1", "", "sad", "", "")) == 0.5


def test_seconds_of_what_is_no_audio(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_text("no audio")
    with pytest.raises(NoInputError, match=r"a\.wav holds text, not sound"):
        seconds_of(Clip(path, "made", "en", "made-1", "", "sad", "", ""))


def test_a_corpus_describes_itself_with_every_reason(tmp_path: Path) -> None:
    clip = Clip(tmp_path / "a.wav", "made", "en", "made-1", "", "sad", "", "")
    skipped = tuple(Skipped(tmp_path / name, why) for name, why in (("b", "empty"), ("c", "sung"), ("d", "sung")))
    assert describe(Corpus("made", (clip,), skipped)).splitlines() == [
        "made: 1 clips, 1 speakers, 3 files skipped",
        "  2 skipped: sung (first: c)",
        "  1 skipped: empty (first: b)",
    ]


def test_several_folders_are_one_corpus_and_no_clip_is_in_it_twice(tmp_path: Path) -> None:
    for name, pitch_hz in (("one", 150), ("two", 250)):
        (tmp_path / name / "angry").mkdir(parents=True)
        write_voice(tmp_path / name / "angry" / "a.wav", pitch_hz=pitch_hz)
    corpora = [read_corpus(tmp_path / name) for name in ("two", "one")]
    both = together(corpora)
    assert [clip.path.parent.parent.name for clip in both.clips] == ["one", "two"]
    assert together(corpora[:1]) is corpora[0]
    with pytest.raises(UsageError, match=r"found 1 clips in two of the corpora, such as .+: name each corpus once"):
        together([corpora[0], read_corpus(tmp_path / "two")])
