"""Who is enrolled with what: never with the clip that is scored."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emostream.errors import NoInputError, UsageError
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import FOUR, label_set
from emostream_trainer.evaluation.enrolment import (
    can_enrol,
    mood_enrolments,
    own_enrolments,
    shortened,
    wrong_enrolments,
)
from tests.support.tiny_training import made_up_clips


def _clips(emotions: list[str], speakers: int = 1, seconds: float = 3.0) -> list[Clip]:
    return [replace(clip, seconds=seconds) for clip in made_up_clips(emotions, speakers)]


def test_neutral_clips_are_halved_and_other_clips_take_a_half_in_turn() -> None:
    clips = _clips(["neutral"] * 4 + ["sad"] * 4)
    found = own_enrolments(clips, FOUR, 20)
    neutral = {clip.path for clip in clips if clip.emotion == "neutral"}
    halves = {frozenset(enrolment.clips) for enrolment in found.values()}
    assert len(halves) == 2
    assert set().union(*halves) == neutral
    for clip in clips:
        assert clip.path not in found[clip.path].clips
    for emotion in ("neutral", "sad"):
        used = [found[clip.path].clips for clip in clips if clip.emotion == emotion]
        assert all(used.count(tuple(half)) == 2 for half in set(used))


def test_no_more_clips_than_the_seconds_need() -> None:
    found = own_enrolments(_clips(["neutral"] * 40), FOUR, 7.5)
    assert {len(enrolment.clips) for enrolment in found.values()} == {3}
    assert {enrolment.seconds for enrolment in found.values()} == {7.5}
    assert {enrolment.seconds for enrolment in shortened(found, 5).values()} == {5}


def test_calm_counts_as_neutral_where_the_labels_say_so() -> None:
    assert len(own_enrolments(_clips(["calm", "neutral", "sad"]), FOUR, 20)) == 3


def test_who_has_no_neutral_clip_to_spare_is_left_out() -> None:
    assert own_enrolments(_clips(["sad"] * 3), FOUR, 20) == {}
    alone = _clips(["neutral", "sad", "sad"])
    found = own_enrolments(alone, FOUR, 20)
    # The one neutral clip cannot enrol for itself, and one half of the others has no half to go with.
    assert alone[0].path not in found
    assert len(found) == 1


def test_the_wrong_speaker_is_another_of_the_same_corpus() -> None:
    clips = [*_clips(["neutral", "neutral", "neutral"] * 4, speakers=3), *made_up_clips(["neutral"] * 2, 1, "other")]
    clips = [replace(clip, seconds=3.0) for clip in clips]
    own = own_enrolments(clips, FOUR, 20)
    wrong = wrong_enrolments(clips, own)
    assert {clip.path for clip in clips if clip.corpus == "made"} == set(wrong)
    for clip in clips:
        if clip.path in wrong:
            assert wrong[clip.path].speaker not in (clip.speaker, "other-0")


def test_labels_without_neutral_are_refused() -> None:
    with pytest.raises(UsageError, match="happy, sad has no neutral: leave out --enrol"):
        own_enrolments(_clips(["sad"]), label_set("happy,sad"), 20)


MOODS = ["neutral", "sad", "angry", "happy"]


def test_some_clips_of_each_mood_enrol_and_the_rest_is_left_to_score() -> None:
    clips = [*_clips(MOODS * 3), *made_up_clips([*MOODS, *MOODS, "happy"], 1, "other")]
    found = mood_enrolments(clips, FOUR, 2)
    assert list(found) == ["made-0"], "the other has but two clips of three moods"
    enrolment = found["made-0"]
    assert len(set(enrolment.clips)) == 8
    emotions = {clip.path: clip.emotion for clip in clips}
    assert tuple(emotions[path] for path in enrolment.clips) == enrolment.moods
    assert {mood: enrolment.moods.count(mood) for mood in enrolment.moods} == dict.fromkeys(FOUR.labels, 2)
    assert mood_enrolments(clips[::-1], FOUR, 2) == found, "whatever the order of the clips"
    assert set(mood_enrolments(clips, FOUR, 1)) == {"made-0", "other-0"}


def test_calm_enrols_as_neutral() -> None:
    found = mood_enrolments(_clips([*MOODS[1:], "calm"] * 2), FOUR, 1)
    assert found["made-0"].moods == FOUR.labels


def test_too_few_clips_of_a_mood_are_one_line() -> None:
    with pytest.raises(NoInputError, match="found no speaker with 4 clips of each of angry, happy, neutral, sad"):
        mood_enrolments(_clips(MOODS * 3), FOUR, 3)
    assert [can_enrol(_clips(MOODS * 3), FOUR, count) for count in (1, 2, 3)] == [True, True, False]


@given(st.lists(st.sampled_from(["neutral", "sad", "angry"]), min_size=1, max_size=30), st.integers(1, 4))
def test_a_clip_is_never_in_its_own_enrolment(emotions: list[str], speakers: int) -> None:
    clips = _clips(emotions, speakers)
    speaker_of = {clip.path: clip.speaker for clip in clips}
    for path, enrolment in own_enrolments(clips, FOUR, 20).items():
        assert path not in enrolment.clips
        assert {speaker_of[used] for used in enrolment.clips} == {speaker_of[path]} == {enrolment.speaker}
