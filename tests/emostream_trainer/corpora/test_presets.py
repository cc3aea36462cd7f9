"""The preparation of the report of 2024."""

from collections import Counter
from pathlib import Path

import pytest

from emostream.errors import NoInputError
from emostream_trainer.corpora.clip import Clip, Corpus, Skipped, unknown_speaker
from emostream_trainer.corpora.labels import FOUR, label_set
from emostream_trainer.corpora.presets import CREMA_D, DUSHA, PUBLISHED, prepare, preset_of, published


def _clips(corpus: str, speaker: str | None = None, /, **counts: int) -> list[Clip]:
    return [
        Clip(
            Path(f"{corpus}/{emotion}{speaker or ''}{number:02}.wav"),
            corpus,
            "en",
            speaker or f"{corpus}-{number % 3}",
            "",
            emotion,
            "",
            "",
        )
        for emotion, count in counts.items()
        for number in range(count)
    ]


def _corpus(*clips: list[Clip]) -> Corpus:
    return Corpus("made", tuple(clip for group in clips for clip in group), ())


def _counts(corpus: Corpus) -> dict[str, int]:
    return dict(Counter(clip.emotion for clip in corpus.clips))


def _why(corpus: Corpus) -> dict[str, int]:
    return dict(Counter(file.why for file in corpus.skipped))


def test_every_label_is_as_frequent_as_the_rarest() -> None:
    corpus = published(_corpus(_clips("dusha", angry=5, happy=9, neutral=30, sad=7, other=12)), FOUR)
    assert _counts(corpus) == {"angry": 5, "happy": 5, "neutral": 5, "sad": 5}
    assert _why(corpus) == {"other is none of the labels": 12, "one too many of its label": 31}
    assert list(corpus.clips) == sorted(corpus.clips, key=lambda clip: clip.path)


def test_the_choice_is_the_same_every_time_and_no_mere_beginning() -> None:
    corpus = _corpus(_clips("made", angry=3, happy=30, neutral=30, sad=30))
    chosen = published(corpus, FOUR)
    assert chosen == published(corpus, FOUR)
    happy = [clip.path for clip in chosen.clips if clip.emotion == "happy"]
    assert happy != [clip.path for clip in corpus.clips if clip.emotion == "happy"][:3]


def test_calm_counts_as_neutral() -> None:
    corpus = published(_corpus(_clips("ravdess", angry=4, happy=4, neutral=2, calm=2, sad=4)), FOUR)
    assert len(corpus.clips) == 16


def test_unknown_speakers_are_incomplete_where_others_are_known() -> None:
    same = dict.fromkeys(FOUR.labels, 2)
    nobody = _clips("dusha", unknown_speaker("dusha"), **same)
    corpus = published(_corpus(_clips("dusha", **same), nobody), FOUR)
    assert _why(corpus) == {"incomplete: no speaker": 8}
    assert len(published(_corpus(nobody), FOUR).clips) == 8, "a corpus that names nobody is not incomplete"


def test_the_presets_of_the_report() -> None:
    crema_d, dusha = _clips("crema-d", sad=1), _clips("dusha", sad=1)
    assert (CREMA_D.labels, CREMA_D.balanced, CREMA_D.epochs["mfcc_cnn1d"]) == ("happy,neutral,sad", False, 30)
    assert (DUSHA.labels, DUSHA.balanced, DUSHA.epochs["mfcc_cnn1d"]) == ("angry,happy,neutral,sad", True, 100)
    assert CREMA_D.epochs["mel_cnn2d"] == DUSHA.epochs["mel_cnn2d"] == 15
    assert preset_of(crema_d, PUBLISHED) is CREMA_D
    assert preset_of(dusha, PUBLISHED) is preset_of([*crema_d, *dusha], PUBLISHED) is DUSHA
    assert preset_of(dusha, "crema-d") is CREMA_D
    assert preset_of(crema_d, "dusha") is DUSHA


def test_crema_d_is_taken_as_it_is() -> None:
    corpus = _corpus(_clips("crema-d", angry=3, happy=5, neutral=4, sad=6))
    prepared = prepare(corpus, PUBLISHED, None)
    assert _counts(prepared.corpus) == {"happy": 5, "neutral": 4, "sad": 6}
    assert _why(prepared.corpus) == {"angry is none of the labels": 3}
    assert prepared.notes == ()


def test_a_tiny_class_is_left_out_and_said_unless_it_is_asked_for() -> None:
    corpus = _corpus(_clips("dusha", angry=1, happy=30, neutral=201, sad=40))
    prepared = prepare(corpus, PUBLISHED, None)
    assert prepared.labels.labels == ("happy", "neutral", "sad")
    assert _counts(prepared.corpus) == {"happy": 30, "neutral": 30, "sad": 30}
    assert prepared.notes == ("angry has 1 clips, under 1% of the largest class: it is left out",)
    assert _counts(prepare(corpus, PUBLISHED, "angry,happy,neutral,sad").corpus) == dict.fromkeys(FOUR.labels, 1)
    just_enough = _corpus(_clips("dusha", angry=2, happy=30, neutral=200, sad=40))
    assert prepare(just_enough, PUBLISHED, None).labels == FOUR


def test_incomplete_rows_are_held_against_those_of_the_report() -> None:
    clips = _clips("dusha", **dict.fromkeys(FOUR.labels, 24))
    rows = [Skipped(Path(f"{i}.wav"), "its rows in the table are incomplete") for i in range(6)]
    few = prepare(Corpus("made", tuple(clips), tuple(rows[:5])), PUBLISHED, None)
    assert few.notes == ()
    many = prepare(Corpus("made", tuple(clips), tuple(rows)), PUBLISHED, None)
    assert many.notes == (
        "6 of 102 recordings (6%) are incomplete: the report left out under 5%; is the corpus whole?",
    )


def test_labels_that_are_asked_for_win() -> None:
    corpus = _corpus(_clips("crema-d", angry=3, happy=3, neutral=3, sad=3, fearful=2))
    assert prepare(corpus, PUBLISHED, None).labels.labels == ("happy", "neutral", "sad")
    asked = prepare(corpus, PUBLISHED, "fearful,sad")
    assert asked.labels == label_set("fearful,sad")
    assert asked.notes == (), "labels that were not asked for are not called rare"
    assert _counts(asked.corpus) == {"fearful": 2, "sad": 3}


def test_without_a_preset_nothing_is_left_out() -> None:
    corpus = Corpus("made", tuple(_clips("made", angry=1, sad=5, other=1)), (Skipped(Path("x"), "y"),))
    plain = prepare(corpus, None, None)
    assert plain.corpus == corpus
    assert plain.labels == FOUR


def test_a_label_without_a_clip_is_refused() -> None:
    with pytest.raises(NoInputError, match="found no clip of angry"):
        published(_corpus(_clips("made", happy=1, neutral=1, sad=1)), FOUR)
