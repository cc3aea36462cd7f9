"""Enrolment by moods: when a mood ends, what is asked for next, and what is kept."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

from emostream.audio import AudioBlock, Samples
from emostream.inference.model import EmotionModel
from emostream.inference.vad import VoiceActivityModel
from emostream.pipeline.enrolment import MIN_S, PATIENCE_S, TARGET_S, EndedMood, MoodEnrolment, Outcome
from tests.support.streams import HZ, Parts

MOODS = ("neutral", "angry", "sad")


@pytest.fixture(scope="module")
def personal(mood_paths: list[Path], vad_model: VoiceActivityModel) -> Parts:
    return Parts([EmotionModel.load(path) for path in mood_paths], vad_model)


@pytest.fixture
def enrolment(personal: Parts) -> MoodEnrolment:
    return MoodEnrolment("Ada", MOODS, personal.stream())


def tenths(audio: Samples, first_sample: int = 0) -> Iterator[AudioBlock]:
    for start in range(0, len(audio), HZ // 10):
        yield AudioBlock(audio[start : start + HZ // 10], HZ, first_sample + start)


def hear(enrolment: MoodEnrolment, blocks: Iterable[AudioBlock]) -> EndedMood | None:
    """Push until a mood ends."""
    for block in blocks:
        enrolment.push(block)
        ended = enrolment.end_mood()
        if ended:
            return ended
    return None


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * HZ), np.float32)


def test_moods_follow_each_other_and_each_is_kept_apart(enrolment: MoodEnrolment, recording: Samples) -> None:
    blocks = tenths(recording)
    for label in MOODS:
        assert enrolment.label == label
        ended = hear(enrolment, blocks)
        assert ended is not None
        assert (ended.label, ended.outcome) == (label, Outcome.KEPT)
        assert TARGET_S <= ended.seconds < 2.5 * TARGET_S, "the sentence is heard to its end"
    assert enrolment.label is None
    assert enrolment.end_mood(audio_ended=True) is None
    profile = enrolment.profile()
    assert tuple(profile.seconds_of_moods()) == MOODS
    assert profile.seconds == pytest.approx(sum(profile.seconds_of_moods().values()))
    for entry in profile.models:
        assert len({mood.mean for mood in entry.moods}) == len(MOODS)


def test_a_mood_is_as_a_stream_of_its_own_hears_it(
    enrolment: MoodEnrolment, personal: Parts, recording: Samples
) -> None:
    blocks = list(tenths(recording[: 20 * HZ], first_sample=7))
    first = hear(enrolment, blocks)
    assert first is not None
    enrolment.redo()
    alone = personal.stream()
    for block in blocks:
        enrolment.push(block)
        alone.push(block)
        if enrolment.end_mood():
            break
    alone.flush()
    mood = enrolment.profile().models[0].moods[0]
    assert mood.seconds == first.seconds == alone.profile("Ada").seconds
    assert mood.mean == pytest.approx(alone.profile("Ada").models[0].mean, abs=1e-4)


def test_who_says_nothing_is_asked_again_once(enrolment: MoodEnrolment) -> None:
    blocks = tenths(silence(2 * PATIENCE_S + 1))
    assert hear(enrolment, blocks) == EndedMood("neutral", 0.0, Outcome.ASKED_AGAIN)
    assert enrolment.label == "neutral"
    assert hear(enrolment, blocks) == EndedMood("neutral", 0.0, Outcome.LEFT_OUT)
    assert enrolment.label == "angry"
    assert hear(enrolment, blocks) is None
    assert enrolment.profile().seconds == 0


def test_a_short_sentence_is_kept_when_nothing_more_comes(enrolment: MoodEnrolment, recording: Samples) -> None:
    short = np.concatenate([recording[: 3 * HZ], silence(PATIENCE_S)])
    ended = hear(enrolment, tenths(short))
    assert ended is not None
    assert ended.outcome is Outcome.KEPT
    assert MIN_S <= ended.seconds < TARGET_S


def test_unbroken_speech_ends_a_mood_too(enrolment: MoodEnrolment, recording: Samples) -> None:
    loudest = recording[int(np.argmax(np.abs(recording))) :][: HZ // 2]
    ended = hear(enrolment, tenths(np.tile(loudest, 30)))
    assert ended is not None
    assert 2 * TARGET_S <= ended.seconds < 2 * TARGET_S + 1


@pytest.mark.parametrize(("seconds", "outcome"), [(3.0, Outcome.KEPT), (0.5, Outcome.LEFT_OUT)])
def test_what_was_heard_when_the_audio_ends_counts(
    seconds: float, outcome: Outcome, enrolment: MoodEnrolment, recording: Samples
) -> None:
    assert hear(enrolment, tenths(recording[: round(seconds * HZ)])) is None
    ended = enrolment.end_mood(audio_ended=True)
    assert ended is not None
    assert ended.outcome is outcome


def test_moods_are_skipped_and_said_anew(enrolment: MoodEnrolment, recording: Samples) -> None:
    enrolment.redo()
    assert enrolment.label == "neutral", "there is none before it"
    blocks = tenths(recording)
    hear(enrolment, blocks)
    enrolment.redo()
    assert (enrolment.label, enrolment.profile().seconds) == ("neutral", 0.0)
    hear(enrolment, blocks)
    for _ in range(30):
        enrolment.push(next(blocks))
    assert enrolment.speech_s > MIN_S
    enrolment.redo()
    assert (enrolment.label, enrolment.speech_s) == ("angry", 0.0)
    enrolment.skip()
    enrolment.skip()
    assert enrolment.label is None
    enrolment.skip()
    assert tuple(enrolment.profile().seconds_of_moods()) == ("neutral",)
