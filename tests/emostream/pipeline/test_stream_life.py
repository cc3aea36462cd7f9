"""A stream's life: begun, flushed, reset, beside others, for a long time; and what it refuses to take."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from emostream.audio import AudioBlock, Samples
from emostream.errors import ModelError
from emostream.events import Estimate, Event
from emostream.inference.model import EmotionModel
from emostream.inference.vad import VoiceActivityConfig, VoiceActivityModel
from emostream.pipeline.config import StreamConfig
from emostream.pipeline.smoothing import SmoothingConfig
from emostream.pipeline.stream import EmotionStream
from tests.support.streams import HZ, Parts, assert_same, blocks, of_type, push_all
from tests.support.tiny_models import MEL_SPEC, MFCC_SPEC, tiny_card, write_model


@pytest.mark.parametrize("flushed", [False, True])
def test_after_reset_it_equals_a_new_one(
    parts: Parts, recording: Samples, whole_events: list[Event], flushed: bool
) -> None:
    stream = parts.stream()
    stream.push(AudioBlock(recording[: 3 * HZ], HZ, 500))
    stream.push(AudioBlock(recording[5 * HZ : 7 * HZ], HZ, 5 * HZ + 500, lost_samples=2 * HZ))
    if flushed:
        stream.flush()
    stream.reset()
    assert stream.clock_ms == 0
    assert_same(push_all(stream, blocks([recording])) + stream.flush(), whole_events)
    fresh = parts.stream()
    push_all(fresh, blocks([recording]))
    fresh.flush()
    assert stream.summary() == fresh.summary()


def test_a_second_flush_has_nothing_to_say(parts: Parts, recording: Samples) -> None:
    stream = parts.stream()
    stream.push(AudioBlock(recording[: 3 * HZ], HZ, 0))
    assert stream.flush() != []
    assert stream.flush() == []


def test_audio_behind_a_flush_stands_apart_from_what_was_before(parts: Parts, recording: Samples) -> None:
    stream = parts.stream()
    before = stream.push(AudioBlock(recording[: 3 * HZ], HZ, 0)) + stream.flush()
    after = stream.push(AudioBlock(recording[3 * HZ : 7 * HZ], HZ, 3 * HZ)) + stream.flush()
    assert_same(after, parts.whole(recording[3 * HZ : 7 * HZ]), later_ms=3_000, later_seq=len(before))


def test_two_streams_share_models_and_nothing_else(parts: Parts, recording: Samples, whole_events: list[Event]) -> None:
    one, other = parts.stream(), parts.stream()
    events: list[Event] = []
    noise = np.random.default_rng(0).uniform(-1, 1, len(recording)).astype(np.float32)
    for ours, theirs in zip(np.array_split(recording, 30), np.array_split(noise, 30), strict=True):
        events += one.push(AudioBlock(ours, HZ, one._next_sample or 0))
        other.push(AudioBlock(theirs, HZ, other._next_sample or 0))
    assert_same(events + one.flush(), whole_events)


def test_a_moment_stands_at_the_end_of_what_was_heard(parts: Parts, recording: Samples) -> None:
    stream = parts.stream()
    assert stream.moment()["t_end_ms"] == 0
    stream.push(AudioBlock(recording[: 2 * HZ], HZ, 0))
    moment = stream.moment()
    assert (moment["t_start_ms"], moment["t_end_ms"]) == (2_000, 2_000)
    assert stream.flush()[-1].seq > moment["seq"]


def test_nothing_grows(parts: Parts, recording: Samples) -> None:
    """What a stream holds after three minutes is no more than after one."""
    speech = np.tile(recording[: 30 * HZ], 2)
    stream = parts.stream()

    def kept() -> dict[str, int]:
        segment = stream._segment
        return {
            "rows": sum(len(windows._kept) for windows in segment._windows),
            "samples": sum(len(features._kept) for features in segment._features._streams),
            "ready": sum(len(ready) for ready in segment._ready),
            "voiced": len(segment._detector._voiced),
        }

    sizes = []
    for minute in range(3):
        stream.push(AudioBlock(speech, HZ, minute * len(speech)))
        sizes.append(kept())
    # Where the hops fall differs from minute to minute by a row and a hop.
    for size in sizes[1:]:
        assert size["rows"] <= sizes[0]["rows"] + 2 * len(parts.models)
        assert size["samples"] <= sum(model.card.features.frame_length for model in parts.models)
        assert size["ready"] <= len(parts.models)
        assert size["voiced"] <= 3 * HZ // 512 + 2


@pytest.mark.parametrize(
    "changes",
    [
        {"labels": ("happy", "neutral", "sad", "angry")},
        {"labels": ("happy", "sad")},
        {"window_ms": 2_000},
        {"step_ms": 500},
        {"shortest_window_ms": 1_000},
        {"features": msgspec.structs.replace(MEL_SPEC, sample_rate_hz=22_050)},
    ],
    ids=str,
)
def test_models_that_cannot_listen_together_are_refused(
    tmp_path: Path, tiny_models: list[EmotionModel], vad_model: VoiceActivityModel, changes: dict[str, object]
) -> None:
    odd = EmotionModel.load(write_model(tmp_path / "odd.onnx", tiny_card(name="odd", **changes)))
    for models in ([tiny_models[0], odd], [odd, tiny_models[0]]):
        with pytest.raises(ModelError, match="cannot listen together") as caught:
            EmotionStream(models, vad_model, HZ)
        line = str(caught.value)
        assert "odd" in line
        assert "tiny_mel" in line
        assert "\n" not in line


def test_a_model_of_another_rate_is_refused_even_alone(tmp_path: Path, vad_model: VoiceActivityModel) -> None:
    card = tiny_card(features=msgspec.structs.replace(MFCC_SPEC, sample_rate_hz=22_050))
    other = EmotionModel.load(write_model(tmp_path / "other.onnx", card))
    with pytest.raises(ModelError, match="wants audio at 22050 Hz, expected 16000 Hz"):
        EmotionStream([other], vad_model, HZ)


def test_no_model_is_refused(vad_model: VoiceActivityModel) -> None:
    with pytest.raises(ModelError, match="no model was given"):
        EmotionStream([], vad_model, HZ)


@pytest.mark.parametrize(
    "samples",
    [np.zeros(HZ), np.zeros(HZ, np.int16), np.zeros((HZ, 1), np.float32), np.zeros(HZ, ">f4"), bytes(4), [0.0]],
    ids=["float64", "int16", "two axes", "big-endian", "bytes", "a list"],
)
def test_samples_that_would_be_read_as_noise_are_refused(parts: Parts, samples: object) -> None:
    stream = parts.stream()
    with pytest.raises(TypeError, match="expected samples of float32 of shape"):
        stream.push(AudioBlock(samples, HZ, 0))  # type: ignore[arg-type]
    assert stream.clock_ms == 0


def test_blocks_that_go_backwards_are_refused_and_leave_the_stream_as_it_was(parts: Parts, recording: Samples) -> None:
    stream = parts.stream()
    events = stream.push(AudioBlock(recording[:HZ], HZ, 0))
    with pytest.raises(ValueError, match="got a block from sample 15999, expected 16000 or later"):
        stream.push(AudioBlock(recording[:HZ], HZ, HZ - 1))
    events += stream.push(AudioBlock(recording[HZ : 3 * HZ], HZ, HZ)) + stream.flush()
    assert_same(events, parts.whole(recording[: 3 * HZ]))


def test_blocks_of_another_rate_are_refused(parts: Parts, recording: Samples) -> None:
    with pytest.raises(ValueError, match="got a block of 8000 Hz in a stream of 16000 Hz"):
        parts.stream().push(AudioBlock(recording[:HZ], 8_000, 0))


def test_a_config_reaches_its_stages(parts: Parts, recording: Samples) -> None:
    audio = recording[: 5 * HZ]
    deaf = StreamConfig(voice_activity=VoiceActivityConfig(enter=1.1))
    assert {event.speech for event in of_type(parts.whole(audio, config=deaf), Estimate)} == {False}
    shy = StreamConfig(smoothing=SmoothingConfig(on_threshold=1.0))
    assert {event.label for event in of_type(parts.whole(audio, config=shy), Estimate)} == {None}
    slow = StreamConfig(shortest_speech_ms=2_000)
    usual = [event.t_end_ms for event in of_type(parts.whole(audio), Estimate) if event.p]
    late = [event.t_end_ms for event in of_type(parts.whole(audio, config=slow), Estimate) if event.p]
    assert late[0] >= usual[0] + 1_500
