"""A stream that knows, or learns, how its speaker speaks: with models whose summaries and offsets are real."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emostream.audio import AudioBlock, Samples
from emostream.errors import ProfileError
from emostream.events import Certainty, Estimate, Utterance
from emostream.inference.model import EmotionModel
from emostream.inference.probabilities import logarithmic_pool
from emostream.inference.profile import SpeakerProfile
from emostream.inference.speaker import AdaptationConfig, SpeakerAdaptation
from emostream.inference.vad import VoiceActivityModel
from emostream.pipeline.config import StreamConfig
from emostream.pipeline.smoothing import SmoothingConfig
from emostream.pipeline.stream import EmotionStream
from tests.support.chunking import chunks, cuts
from tests.support.streams import HZ, Parts, assert_same, blocks, of_type, push_all
from tests.support.tiny_models import LABELS

# Follows quickly, and in the middle of a sentence too, so that what goes wrong shows.
EAGER = StreamConfig(
    smoothing=SmoothingConfig(half_life_ms=0),
    adaptation=AdaptationConfig(
        moodless_prior_s=1.0, moodless_limit=0.9, drift_half_life_s=6.0, longest_unadapted_s=1.0
    ),
)
RAW = StreamConfig(smoothing=SmoothingConfig(half_life_ms=0), adaptation=AdaptationConfig(drift=False))


@pytest.fixture(scope="module")
def summarised(summarised_paths: list[Path], vad_model: VoiceActivityModel) -> Parts:
    return Parts([EmotionModel.load(path) for path in summarised_paths], vad_model)


def enrolled(parts: Parts, audio: Samples, name: str = "Ada") -> SpeakerProfile:
    stream = parts.stream()
    stream.push(AudioBlock(audio, HZ, 0))
    stream.flush()
    return stream.profile(name)


def probabilities(parts: Parts, audio: Samples, config: StreamConfig, profile: SpeakerProfile | None) -> np.ndarray:
    stream = EmotionStream(parts.models, parts.vad_model, HZ, config=config, profile=profile)
    events = stream.push(AudioBlock(audio, HZ, 0)) + stream.flush()
    return np.array([list(event.p.values()) for event in of_type(events, Estimate) if event.p])


@settings(max_examples=10)
@given(data=st.data())
def test_any_chunking_gives_the_same_events(data: st.DataObject, summarised: Parts, recording: Samples) -> None:
    audio = recording[: data.draw(st.integers(0, 12 * HZ))]
    stream = summarised.stream(config=EAGER)
    pieces = chunks(audio, data.draw(cuts(len(audio), most=30)))
    assert_same(push_all(stream, blocks(pieces)) + stream.flush(), summarised.whole(audio, config=EAGER))


@pytest.mark.parametrize("size", [320, 3_999, 80_000])
def test_any_block_size_gives_the_same_events_and_the_same_profile(
    summarised: Parts, recording: Samples, size: int
) -> None:
    audio = recording[: 20 * HZ]
    stream = summarised.stream(config=EAGER)
    pieces = [audio[at : at + size] for at in range(0, len(audio), size)]
    assert_same(push_all(stream, blocks(pieces)) + stream.flush(), summarised.whole(audio, config=EAGER))
    ours, theirs = stream.profile("Ada"), enrolled(summarised, audio)
    assert ours.seconds == theirs.seconds
    for a, b in zip(ours.models, theirs.models, strict=True):
        assert a.mean == pytest.approx(b.mean, abs=1e-4)


def test_speech_counts_once_however_many_windows_hold_it(summarised: Parts, recording: Samples) -> None:
    stream = summarised.stream()
    events = stream.push(AudioBlock(recording, HZ, 0)) + stream.flush()
    spoken_s = sum(event.t_end_ms - event.t_start_ms for event in of_type(events, Utterance)) / 1000
    assert stream.predicted_speech_s == pytest.approx(spoken_s, rel=0.1)
    assert stream.profile("Ada").seconds == stream.predicted_speech_s


def test_the_offset_changes_between_utterances_and_never_within_one(summarised: Parts, recording: Samples) -> None:
    """The first sentence is predicted as if the speaker were unknown, the ones behind it no longer."""
    usual = AdaptationConfig(moodless_prior_s=0.1, moodless_limit=1.0)
    drifting = StreamConfig(smoothing=SmoothingConfig(half_life_ms=0), adaptation=usual)
    audio = recording[: 9 * HZ]
    with_drift, without = (probabilities(summarised, audio, config, None) for config in (drifting, RAW))
    first = next(event for event in summarised.whole(audio, config=RAW) if isinstance(event, Utterance))
    n_first = sum(
        bool(event.p) and event.t_end_ms <= first.t_end_ms
        for event in of_type(summarised.whole(audio, config=RAW), Estimate)
    )
    assert n_first > 8
    np.testing.assert_allclose(with_drift[:n_first], without[:n_first], atol=1e-4)
    assert np.abs(with_drift - without)[n_first + 3 :].max() > 0.02


def test_within_an_utterance_without_end_it_adapts_too(summarised: Parts, recording: Samples) -> None:
    sentence = recording[round(1.2 * HZ) : round(3.6 * HZ)]
    audio = np.tile(sentence, 4)
    config = StreamConfig(
        smoothing=SmoothingConfig(half_life_ms=0),
        adaptation=AdaptationConfig(moodless_prior_s=0.1, moodless_limit=1.0, longest_unadapted_s=4.0),
    )
    assert len(of_type(summarised.whole(audio, config=RAW), Utterance)) == 1
    with_drift, without = (probabilities(summarised, audio, each, None) for each in (config, RAW))
    np.testing.assert_allclose(with_drift[:12], without[:12], atol=1e-4)
    assert np.abs(with_drift - without)[20:].max() > 0.02


def test_a_profile_is_taken_off_from_the_first_estimate_on(summarised: Parts, recording: Samples) -> None:
    audio, alone = recording[: 5 * HZ], Parts(summarised.models[:1], summarised.vad_model)
    card = alone.models[0].card
    profile = enrolled(alone, audio)
    stream = EmotionStream(alone.models, alone.vad_model, HZ, config=RAW, profile=profile)
    assert stream.hello().speaker == "Ada"
    known, unknown = (probabilities(alone, audio, RAW, who) for who in (profile, None))
    (offset,) = SpeakerAdaptation([card], RAW.adaptation, profile).offsets
    assert offset is not None
    assert np.abs(offset).max() > 0.5
    # This model's logits are its summary minus the offset.
    expected = unknown * np.exp(-offset / card.temperature)
    np.testing.assert_allclose(known, expected / expected.sum(axis=1, keepdims=True), atol=1e-3)


@pytest.mark.parametrize("sound", ["silence", "music", "another person"])
def test_enrolled_by_mistake_it_does_bounded_harm(summarised: Parts, recording: Samples, sound: str) -> None:
    t = np.arange(10 * HZ) / HZ
    chord = sum(np.sin(2 * np.pi * hz * t) for hz in (220, 277, 330)) * (1 + np.sin(2 * np.pi * 2 * t)) / 8
    enrolled_audio = {
        "silence": np.zeros(10 * HZ, np.float32),
        "music": np.asarray(chord, np.float32),
        "another person": recording[15 * HZ : 25 * HZ],
    }[sound]
    profile = enrolled(summarised, enrolled_audio)
    audio = recording[: 9 * HZ]
    known, unknown = (np.log(probabilities(summarised, audio, RAW, who)) for who in (profile, None))
    if sound == "silence":
        assert profile.seconds == 0
        np.testing.assert_array_equal(known, unknown)
    # Each logit moves by 2 at most, so the odds of any two labels by e^4 over the temperature.
    odds = np.abs((known[:, :, None] - known[:, None]) - (unknown[:, :, None] - unknown[:, None]))
    assert odds.max() <= 4 / summarised.models[0].card.temperature + 0.05


def test_after_reset_it_equals_a_new_one(summarised: Parts, recording: Samples) -> None:
    audio = recording[: 9 * HZ]
    stream = summarised.stream(config=EAGER)
    stream.push(AudioBlock(recording[15 * HZ : 27 * HZ], HZ, 0))
    stream.reset()
    assert stream.predicted_speech_s == 0
    assert_same(stream.push(AudioBlock(audio, HZ, 0)) + stream.flush(), summarised.whole(audio, config=EAGER))


def test_a_profile_of_other_models_is_refused(summarised: Parts, parts: Parts, recording: Samples) -> None:
    profile = enrolled(summarised, recording[: 5 * HZ])
    with pytest.raises(ProfileError, match="cannot take a speaker into account"):
        EmotionStream(parts.models, parts.vad_model, HZ, profile=profile)
    alone = enrolled(Parts(summarised.models[:1], summarised.vad_model), recording[: 5 * HZ])
    with pytest.raises(ProfileError, match="enrol again"):
        EmotionStream(summarised.models, summarised.vad_model, HZ, profile=alone)


def test_the_weights_are_of_the_models_and_reach_every_verdict(parts: Parts, recording: Samples) -> None:
    audio = recording[: 5 * HZ]

    def said(weights: tuple[float, ...]) -> np.ndarray:
        config = StreamConfig(smoothing=SmoothingConfig(half_life_ms=0), weights=weights)
        return probabilities(parts, audio, config, None).astype(np.float32)

    alone = np.stack([said((1.0, 0.0)), said((0.0, 1.0))])
    np.testing.assert_allclose(said((2.0, 0.5)), logarithmic_pool(alone, (2.0, 0.5)), atol=2e-3)
    np.testing.assert_allclose(said(()), logarithmic_pool(alone, (0.5, 0.5)), atol=1e-3)
    with pytest.raises(ValueError, match="got 1 weights for 2 models"):
        parts.stream(config=StreamConfig(weights=(1.0,)))


def test_utterances_have_a_threshold_of_their_own(parts: Parts, recording: Samples) -> None:
    audio = recording[: 9 * HZ]
    for utterance_threshold, named in ((0.0, True), (1.0, False)):
        events = parts.whole(audio, config=StreamConfig(utterance_threshold=utterance_threshold))
        assert {event.label in LABELS for event in of_type(events, Utterance)} == {named}
        assert {event.label for event in of_type(events, Estimate)} != {None}


def test_hello_says_how_sure_a_label_must_be(parts: Parts) -> None:
    assert (parts.stream().hello().certainty, parts.stream().hello().speaker) == (None, None)
    certainty = Certainty(be_right=0.8, confidence=0.7, right=0.81, coverage=0.5)
    assert parts.stream(config=StreamConfig(certainty=certainty)).hello().certainty == certainty
