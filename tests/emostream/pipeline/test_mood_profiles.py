"""Moods of a stream that goes on: each is kept apart from the others, as if it had been heard alone."""

from pathlib import Path

import msgspec
import pytest

from emostream.audio import AudioBlock, Samples
from emostream.errors import ProfileError
from emostream.events import Event, Utterance, UtteranceStart
from emostream.inference.batching import run_alone
from emostream.inference.model import EmotionModel
from emostream.inference.profile import SpeakerProfile, profile_with_moods
from emostream.inference.vad import VoiceActivityModel
from emostream.pipeline.mood_profiles import MoodProfiles
from emostream.pipeline.stream import EmotionStream
from tests.support.chunking import chunks
from tests.support.streams import HZ, Parts, blocks, of_type, push_all
from tests.support.tiny_models import LABELS


@pytest.fixture(scope="module")
def personal(mood_paths: list[Path], vad_model: VoiceActivityModel) -> Parts:
    return Parts([EmotionModel.load(path) for path in mood_paths], vad_model)


class Listener:
    """A stream whose audio goes on through all moods."""

    def __init__(self, parts: Parts) -> None:
        self.stream = parts.stream()
        self.moods = MoodProfiles(self.stream)
        self._parts = parts
        self._next_sample = 0

    def start(self, mood: str | None) -> list[Event]:
        return run_alone(self.moods.start_requests(mood), self._parts.models)

    def hear(self, audio: Samples, cuts: list[int] | None = None) -> list[Event]:
        pieces = blocks(chunks(audio, cuts or []), first_sample=self._next_sample)
        self._next_sample += len(audio)
        return push_all(self.stream, pieces)


@pytest.fixture
def listener(personal: Parts) -> Listener:
    return Listener(personal)


def heard_alone(parts: Parts, audio: Samples) -> SpeakerProfile:
    stream: EmotionStream = parts.stream()
    stream.push(AudioBlock(audio, HZ, 0))
    stream.flush()
    return stream.profile("Ada")


def assert_close(ours: SpeakerProfile, theirs: SpeakerProfile) -> None:
    assert ours.seconds_of_moods() == theirs.seconds_of_moods()
    for one, other in zip(ours.models, theirs.models, strict=True):
        assert one.mean == pytest.approx(other.mean, abs=1e-3)
        for mine, their in zip(one.moods, other.moods, strict=True):
            assert mine.mean == pytest.approx(their.mean, abs=1e-3)


@pytest.mark.parametrize("cuts", [[], [1_000, 20_000, 20_001, 70_000]])
def test_each_mood_is_heard_as_if_alone(
    listener: Listener, personal: Parts, recording: Samples, cuts: list[int]
) -> None:
    spoken = {"neutral": recording[: 6 * HZ], "angry": recording[8 * HZ : 13 * HZ], "sad": recording[20 * HZ : 26 * HZ]}
    listener.hear(recording[6 * HZ : 9 * HZ])  # in no mood
    for mood, audio in spoken.items():
        listener.start(mood)
        listener.hear(audio, cuts)
    listener.start(None)
    listener.hear(recording[13 * HZ : 20 * HZ])
    listener.stream.flush()
    expected = profile_with_moods({mood: heard_alone(personal, audio) for mood, audio in spoken.items()})
    assert_close(listener.moods.profile("Ada"), msgspec.structs.replace(expected, name="Ada"))
    assert listener.moods.seconds() == expected.seconds_of_moods()
    assert listener.moods.profile("Ada").name == "Ada"


def test_a_mood_that_is_started_again_is_heard_anew(listener: Listener, personal: Parts, recording: Samples) -> None:
    listener.start("angry")
    listener.hear(recording[: 6 * HZ])
    listener.start("sad")
    listener.hear(recording[8 * HZ : 13 * HZ])
    listener.start("angry")
    assert set(listener.moods.seconds()) == {"sad"}
    listener.hear(recording[20 * HZ : 26 * HZ])
    listener.start(None)
    expected = {
        "sad": heard_alone(personal, recording[8 * HZ : 13 * HZ]),
        "angry": heard_alone(personal, recording[20 * HZ : 26 * HZ]),
    }
    assert_close(listener.moods.profile("Ada"), profile_with_moods(expected))


def test_a_mood_ends_the_utterance_that_is_spoken(listener: Listener, recording: Samples) -> None:
    listener.start("angry")
    events = listener.hear(recording[: 3 * HZ])
    assert [type(event) for event in events if isinstance(event, Utterance | UtteranceStart)] == [UtteranceStart]
    assert of_type(listener.start("sad"), Utterance)


def test_of_the_mood_of_now_a_profile_has_what_was_heard_so_far(listener: Listener, recording: Samples) -> None:
    listener.start("angry")
    assert listener.moods.profile("Ada").seconds == 0
    assert listener.moods.seconds() == {}
    listener.hear(recording[: 6 * HZ])
    before = listener.moods.seconds()["angry"]
    assert before > 1
    listener.hear(recording[6 * HZ : 13 * HZ])
    assert listener.moods.seconds()["angry"] > before
    assert listener.moods.profile("Ada").seconds_of_moods() == listener.moods.seconds()


def test_without_a_mood_it_is_the_profile_of_all_speech(
    listener: Listener, personal: Parts, recording: Samples
) -> None:
    listener.hear(recording[: 13 * HZ])
    listener.stream.flush()
    profile = listener.moods.profile("Ada")
    assert profile.seconds == heard_alone(personal, recording[: 13 * HZ]).seconds
    assert profile.seconds_of_moods() == {}
    listener.stream.reset()
    listener.moods.reset()
    assert listener.moods.profile("Ada").seconds == 0


def test_it_has_no_influence_on_events(listener: Listener, personal: Parts, recording: Samples) -> None:
    listener.start("angry")
    ours = listener.hear(recording[: 6 * HZ])
    assert ours == personal.stream().push(AudioBlock(recording[: 6 * HZ], HZ, 0))


def test_what_is_no_mood_and_models_that_know_no_speaker_are_refused(listener: Listener, parts: Parts) -> None:
    with pytest.raises(ValueError, match=f"got the mood 'calm', expected one of {', '.join(LABELS)}, or null for none"):
        listener.start("calm")
    with pytest.raises(ProfileError, match="cannot take a speaker into account"):
        Listener(parts).start("angry")
