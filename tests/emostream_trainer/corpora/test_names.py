"""What each corpus says in its names and in the tables beside them."""

import csv
from pathlib import Path

import pytest

from emostream.errors import NoInputError
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.registry import read_corpus
from tests.support import small_corpora


def _one(directory: Path, name: str) -> Clip:
    small_corpora.write_voice(directory / name, seconds=0.1)
    corpus = read_corpus(directory)
    assert corpus.skipped == ()
    (clip,) = corpus.clips
    assert clip.path == directory / name
    return clip


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("Actor_01/03-01-01-01-01-02-01.wav", ("ravdess-01", "M", "neutral", "normal", "s01")),
        ("Actor_24/03-01-02-02-02-01-24.wav", ("ravdess-24", "F", "calm", "strong", "s02")),
        ("03-01-03-01-01-01-03.flac", ("ravdess-03", "M", "happy", "normal", "s01")),
        ("03-01-04-01-01-01-03.WAV", ("ravdess-03", "M", "sad", "normal", "s01")),
        ("03-01-05-01-01-01-03.ogg", ("ravdess-03", "M", "angry", "normal", "s01")),
        ("03-01-06-01-01-01-03.wav", ("ravdess-03", "M", "fearful", "normal", "s01")),
        ("03-01-07-01-01-01-03.wav", ("ravdess-03", "M", "disgust", "normal", "s01")),
        ("03-01-08-01-01-01-03.wav", ("ravdess-03", "M", "surprised", "normal", "s01")),
        ("wav/03a01Fa.wav", ("emodb-03", "M", "happy", "", "a01")),
        ("16b10Wb.wav", ("emodb-16", "F", "angry", "", "b10")),
        ("08a02La.wav", ("emodb-08", "F", "boredom", "", "a02")),
        ("08a02Ea.wav", ("emodb-08", "F", "disgust", "", "a02")),
        ("08a02Ac.wav", ("emodb-08", "F", "fearful", "", "a02")),
        ("08a02Ta.wav", ("emodb-08", "F", "sad", "", "a02")),
        ("08a02Nd.wav", ("emodb-08", "F", "neutral", "", "a02")),
        ("OAF_angry/OAF_back_angry.wav", ("tess-OAF", "F", "angry", "", "back")),
        ("YAF_youth_ps.wav", ("tess-YAF", "F", "surprised", "", "youth")),
        ("OA_bite_neutral.wav", ("tess-OAF", "F", "neutral", "", "bite")),
        ("OAF_food_fear.wav", ("tess-OAF", "F", "fearful", "", "food")),
        ("samples/SM0_anger_12.wav", ("nemo-SM0", "M", "angry", "", "n12")),
        ("samples/TP0_surprised_1.wav", ("nemo-TP0", "M", "surprised", "", "n1")),
        ("samples/EB0_happiness_90.wav", ("nemo-EB0", "F", "happy", "", "n90")),
        ("samples/ZZ9_sadness_90.wav", ("nemo-ZZ9", "", "sad", "", "n90")),
        ("AudioWAV/1001_IEO_HAP_HI.wav", ("crema-d-1001", "", "happy", "high", "IEO")),
        ("AudioWAV/1091_IEO_FEA_LO.wav", ("crema-d-1091", "", "fearful", "low", "IEO")),
        ("AudioWAV/1091_IEO_DIS_MD.wav", ("crema-d-1091", "", "disgust", "medium", "IEO")),
        ("AudioWAV/1002_WSI_NEU_XX.wav", ("crema-d-1002", "", "neutral", "", "WSI")),
        ("AudioWAV/1040_ITH_SAD_X.wav", ("crema-d-1040", "", "sad", "", "ITH")),
        ("ALL/DC_su12.wav", ("savee-DC", "M", "surprised", "", "12")),
        ("AudioData/KL/sa03.wav", ("savee-KL", "M", "sad", "", "03")),
        ("JK_a15.wav", ("savee-JK", "M", "angry", "", "15")),
        ("Angry/SM1_F10_A010.wav", ("urdu-SM1", "M", "angry", "", "")),
        ("Happy/SF3_F1_H015.wav", ("urdu-SF3", "F", "happy", "", "")),
        ("Neutral/SM5_F72_N0100.wav", ("urdu-SM5", "M", "neutral", "", "")),
        ("Sad/SM24/SM24_F10_S022.wav", ("urdu-SM24", "M", "sad", "", "")),
        ("EMOVO/f1/dis-f1-b1.wav", ("emovo-f1", "F", "disgust", "", "b1")),
        ("gio-f2-d2.wav", ("emovo-f2", "F", "happy", "", "d2")),
        ("neu-m3-l4.wav", ("emovo-m3", "M", "neutral", "", "l4")),
        ("pau-m1-n5.wav", ("emovo-m1", "M", "fearful", "", "n5")),
        ("rab-m2-b3.wav", ("emovo-m2", "M", "angry", "", "b3")),
        ("sor-f3-l1.wav", ("emovo-f3", "F", "surprised", "", "l1")),
        ("tri-f3-d1.wav", ("emovo-f3", "F", "sad", "", "d1")),
    ],
)
def test_names(tmp_path: Path, name: str, fields: tuple[str, ...]) -> None:
    clip = _one(tmp_path, name)
    assert (clip.speaker, clip.sex, clip.emotion, clip.intensity, clip.sentence) == fields
    assert (clip.seconds, clip.votes, clip.fold) == (None, None, None)


def test_ravdess_songs_and_film_sound_are_not_speech_of_its_own(tmp_path: Path) -> None:
    small_corpora.ravdess(tmp_path, actors=(1,))
    small_corpora.write_voice(tmp_path / "03-02-03-01-01-01-01.wav")
    small_corpora.write_voice(tmp_path / "01-01-03-01-01-01-01.wav")
    corpus = read_corpus(tmp_path)
    assert len(corpus.clips) == 15
    assert [file.path.name[:5] for file in corpus.skipped] == ["01-01", "03-02"]
    assert corpus.skipped[1].why == "sung, not spoken"


def test_names_that_nearly_match_are_reported(tmp_path: Path) -> None:
    small_corpora.ravdess(tmp_path, actors=(1,))
    for name in ("03-01-09-01-01-01-01.wav", "x03-01-01-01-01-01-01.wav", "03-01-01-01-01-01-01 (1).wav"):
        small_corpora.write_voice(tmp_path / name)
    corpus = read_corpus(tmp_path)
    assert len(corpus.clips) == 15
    assert [file.why for file in corpus.skipped] == ["not a name of ravdess"] * 3


def test_nemo_takes_the_sex_from_its_table(tmp_path: Path) -> None:
    small_corpora.nemo(tmp_path, speakers=("SM0", "ZZ9"))
    (tmp_path / "data.tsv").write_text(
        "file_id\temotion\traw_text\tspeaker_id\tgender\tage\n"
        'ZZ9_anger_12.wav\tanger\t"Ród smoka to serial.\t        ZZ9\tfemale\t24\n',
        encoding="utf-8",
    )
    sexes = {clip.speaker: clip.sex for clip in read_corpus(tmp_path).clips}
    assert sexes == {"nemo-SM0": "M", "nemo-ZZ9": "F"}
    assert {clip.speaker: clip.sex for clip in read_corpus(tmp_path / "samples").clips} == sexes


def test_crema_d_takes_sex_and_what_was_heard_in_the_voice_alone(tmp_path: Path) -> None:
    corpus = read_corpus(small_corpora.crema_d(tmp_path))
    assert {clip.speaker: clip.sex for clip in corpus.clips} == {"crema-d-1001": "M", "crema-d-1002": "F"}
    first = next(clip for clip in corpus.clips if clip.path.stem == "1001_IEO_NEU_XX")
    assert first.votes == {"neutral": 0.75, "happy": 0.25}
    assert all(clip.votes == {"neutral": 1.0} for clip in corpus.clips if clip is not first)


def test_crema_d_falls_back_on_the_summary(tmp_path: Path) -> None:
    small_corpora.crema_d(tmp_path, actors=(1001,))
    (tmp_path / "processedResults" / "tabulatedVotes.csv").unlink()
    (tmp_path / "processedResults" / "summaryTable.csv").write_text(
        '"","FileName","VoiceVote","VoiceLevel"\n"1","1001_IEO_NEU_XX","N:S","50:40"\n"2","1001_IEO_HAP_HI","H","50"\n'
    )
    votes = {clip.path.stem: clip.votes for clip in read_corpus(tmp_path).clips}
    assert votes["1001_IEO_NEU_XX"] == {"neutral": 0.5, "sad": 0.5}
    assert votes["1001_IEO_HAP_HI"] == {"happy": 1.0}
    assert votes["1001_IEO_SAD_HI"] is None


def test_crema_d_slip_and_silence(tmp_path: Path) -> None:
    for name in ("1040_ITH_SAD_X", "1040_ITH_SAD_XX", "1076_MTI_SAD_XX", "1001_IEO_NEU_XX"):
        small_corpora.write_voice(tmp_path / "AudioWAV" / f"{name}.wav")
    (tmp_path / "tabulatedVotes.csv").write_text(
        '"","A","D","F","H","N","S","fileName"\n"103234",0,0,2,0,5,3,"1040_ITH_SAD_XX"\n'
    )
    corpus = read_corpus(tmp_path)
    assert [clip.path.stem for clip in corpus.clips] == ["1001_IEO_NEU_XX", "1040_ITH_SAD_X"]
    assert corpus.clips[1].votes == {"fearful": 0.2, "neutral": 0.5, "sad": 0.3}
    assert [file.why for file in corpus.skipped] == ["second copy of a recording", "known to have no sound"]


def test_crema_d_tables_may_have_their_columns_in_any_order(tmp_path: Path) -> None:
    expected = read_corpus(small_corpora.crema_d(tmp_path)).clips
    for name in ("VideoDemographics.csv", "processedResults/tabulatedVotes.csv"):
        with (tmp_path / name).open(newline="") as lines:
            rows = [row[::-1] for row in csv.reader(lines)]
        with (tmp_path / name).open("w", newline="") as lines:
            csv.writer(lines).writerows(rows)
    assert read_corpus(tmp_path).clips == expected


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("tabulatedVotes.csv", '"","fileName"\n', "found columns , fileName in .* expected A, D, F, H, N, S too"),
        ("tabulatedVotes.csv", '"","A","D","F","H","N","S","fileName"\n"1",a,0,0,0,0,0,"x"\n', "that are no numbers"),
        ("summaryTable.csv", '"","FileName","VoiceVote"\n"1","x","Q"\n', "found a vote 'Q'"),
        ("VideoDemographics.csv", "", "found columns none"),
    ],
)
def test_a_broken_table_is_one_clear_line(tmp_path: Path, name: str, text: str, says: str) -> None:
    small_corpora.write_voice(tmp_path / "1001_IEO_HAP_HI.wav")
    (tmp_path / name).write_text(text)
    with pytest.raises(NoInputError, match=says) as caught:
        read_corpus(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_table_in_another_encoding_is_one_clear_line(tmp_path: Path) -> None:
    small_corpora.nemo(tmp_path)
    (tmp_path / "data.tsv").write_bytes("speaker_id\tgender\nRód\tmale\n".encode("cp1250"))
    with pytest.raises(NoInputError, match="expected UTF-8 text"):
        read_corpus(tmp_path)
