"""The whole pure chain on real speech: the same events however the audio comes, and nothing without speech."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emostream.audio import AudioBlock, Samples
from emostream.events import Estimate, Event, Hello, Utterance, encode
from emostream.features import FeatureStream
from emostream.features.resample import DELAY_SAMPLES, Resampler
from emostream.inference.model import EmotionModel
from emostream.inference.probabilities import logarithmic_pool
from emostream.inference.vad import VoiceActivityModel
from emostream.pipeline.config import StreamConfig
from emostream.pipeline.smoothing import SmoothingConfig
from emostream.pipeline.stream import EmotionStream
from tests.support.chunking import chunks, cuts
from tests.support.streams import HZ, P_PLACES, Parts, assert_same, blocks, of_type, push_all
from tests.support.tiny_models import LABELS, MEL_SPEC, tiny_card, write_model


@settings(max_examples=12)
@given(data=st.data())
def test_any_chunking_gives_the_same_events(data: st.DataObject, parts: Parts, recording: Samples) -> None:
    audio = recording[: data.draw(st.integers(0, 10 * HZ))]
    stream = parts.stream()
    pieces = chunks(audio, data.draw(cuts(len(audio), most=30)))
    assert_same(push_all(stream, blocks(pieces)) + stream.flush(), parts.whole(audio))


@settings(max_examples=8)
@given(data=st.data())
def test_any_chunking_gives_the_same_events_through_the_resampler(
    data: st.DataObject, parts: Parts, recording: Samples
) -> None:
    input_hz = data.draw(st.sampled_from([8_000, 11_025, 44_100, 48_000]))
    audio = recording[HZ : HZ + data.draw(st.integers(0, 3 * HZ))]
    stream = parts.stream(input_hz)
    pieces = chunks(audio, data.draw(cuts(len(audio), most=20)))
    assert_same(push_all(stream, blocks(pieces, input_hz)) + stream.flush(), parts.whole(audio, input_hz))


@pytest.mark.parametrize("size", [7, 160, 320, 800, 3_999, 4_000, 4_001, 16_000, 80_000])
def test_any_block_size_gives_the_same_events(
    parts: Parts, recording: Samples, whole_events: list[Event], size: int
) -> None:
    audio = recording if size > 1_000 else recording[: 3 * HZ]
    stream = parts.stream()
    pieces = [audio[at : at + size] for at in range(0, len(audio), size)]
    expected = whole_events if size > 1_000 else parts.whole(audio)
    assert_same(push_all(stream, blocks(pieces)) + stream.flush(), expected)


def test_one_sample_at_a_time_gives_the_same_events(parts: Parts, recording: Samples) -> None:
    audio = recording[HZ : HZ + 12_100]
    stream = parts.stream()
    given = blocks(np.split(audio, len(audio)))
    assert_same(push_all(stream, given) + stream.flush(), parts.whole(audio))


def test_events_come_as_soon_as_their_step_is_full(parts: Parts, recording: Samples) -> None:
    stream = parts.stream()
    for block in blocks(np.split(recording[: 6 * HZ], 600)):
        clock_ms = 1000 * (block.first_sample + len(block.samples)) / HZ
        for estimate in of_type(stream.push(block), Estimate):
            assert estimate.t_end_ms == clock_ms


def test_empty_blocks_change_nothing(parts: Parts, recording: Samples) -> None:
    audio = recording[: 3 * HZ]
    stream, given = parts.stream(), []
    for block in blocks(np.split(audio, 30)):
        given += [AudioBlock(audio[:0], HZ, block.first_sample), block]
    assert_same(push_all(stream, given) + stream.flush(), parts.whole(audio))


def test_estimates_come_every_step(whole_events: list[Event], recording: Samples) -> None:
    ends = [event.t_end_ms for event in of_type(whole_events, Estimate)]
    duration_ms = round(1000 * len(recording) / HZ)
    assert ends == [*range(500, duration_ms, 250), duration_ms]
    for event in of_type(whole_events, Estimate):
        assert event.t_start_ms == max(0, event.t_end_ms - 3_000)


def test_numbers_have_no_holes(whole_events: list[Event]) -> None:
    assert [event.seq for event in whole_events] == list(range(len(whole_events)))


def test_hello_is_number_zero_and_the_summary_the_last(parts: Parts, recording: Samples) -> None:
    stream = EmotionStream(parts.models, parts.vad_model, HZ, stream="clip", source="a file")
    events = [stream.hello(), *stream.push(AudioBlock(recording, HZ, 0)), *stream.flush(), stream.summary()]
    assert [event.seq for event in events] == list(range(len(events)))
    assert {event.stream for event in events} == {"clip"}
    hello = events[0]
    assert isinstance(hello, Hello)
    assert (hello.labels, hello.window_ms, hello.step_ms, hello.source) == (LABELS, 3_000, 250, "a file")
    assert [brief.name for brief in hello.models] == ["tiny_mel", "tiny_mfcc"]


def test_nobody_who_is_silent_has_a_label(whole_events: list[Event]) -> None:
    estimates = of_type(whole_events, Estimate)
    silent = [event for event in estimates if not event.speech]
    assert len(silent) > 20
    assert all(event.label is None for event in silent)
    assert {event.label for event in estimates if event.speech} >= {"angry", "happy"}


@pytest.mark.parametrize("sound", ["silence", "noise", "tone"])
def test_where_nobody_speaks_nothing_is_named(parts: Parts, sound: str) -> None:
    n = 8 * HZ
    audio = {
        "silence": np.zeros(n),
        "noise": np.random.default_rng(0).normal(0, 0.1, n),
        "tone": 0.5 * np.sin(2 * np.pi * 1_000 * np.arange(n) / HZ),
    }[sound].astype(np.float32)
    events = parts.whole(audio)
    assert {type(event) for event in events} == {Estimate}
    for event in of_type(events, Estimate):
        assert (event.p, event.label, event.confidence, event.speech) == ({}, None, 0.0, False)
    level = {"silence": -120.0, "noise": -20.0, "tone": -9.0}[sound]
    assert of_type(events, Estimate)[3].level_dbfs == pytest.approx(level, abs=0.3)


@pytest.mark.parametrize("input_hz", [HZ, 44_100])
def test_overflowing_loudness_is_cut_rather_than_computed_with(parts: Parts, input_hz: int) -> None:
    noise = np.random.default_rng(0).uniform(-1, 1, 2 * input_hz).astype(np.float32)
    loud = parts.whole(noise * np.finfo(np.float32).max, input_hz)
    levels = [event.level_dbfs for event in of_type(loud, Estimate)]
    assert len(levels) == 7
    assert all(np.isfinite(levels))


def test_probabilities_are_such_and_confidence_is_their_largest(whole_events: list[Event]) -> None:
    predicted = [event for event in of_type(whole_events, Estimate) + of_type(whole_events, Utterance) if event.p]
    assert len(predicted) > 100
    for event in predicted:
        assert tuple(event.p) == LABELS
        assert sum(event.p.values()) == pytest.approx(1, abs=3e-4)
        assert event.confidence == max(event.p.values())
        assert event.label is None or event.p[event.label] >= 0.4 - P_PLACES


def test_every_event_is_written_without_loss(whole_events: list[Event]) -> None:
    for event in whole_events:
        assert b"null" not in encode(event).replace(b'"label":null', b"")


def test_utterances_are_the_eight_sentences(whole_events: list[Event]) -> None:
    utterances = of_type(whole_events, Utterance)
    starts = [event.t_start_ms for event in utterances]
    assert starts == pytest.approx([900, 5_500, 9_700, 13_100, 18_200, 22_700, 26_100, 29_400], abs=250)
    for event, next_start in zip(utterances, [*starts[1:], 35_160], strict=True):
        assert 1_500 < event.t_end_ms - event.t_start_ms < 4_200
        assert event.t_end_ms < next_start
        assert event.p


def test_an_utterance_comes_between_the_estimates_of_its_end_being_known(whole_events: list[Event]) -> None:
    for i, event in enumerate(whole_events):
        if isinstance(event, Utterance):
            before, after = whole_events[i - 1], whole_events[i + 1]
            assert isinstance(before, Estimate)
            assert isinstance(after, Estimate)
            assert before.speech
            assert not after.speech
            assert event.t_end_ms <= after.t_end_ms
            assert before.t_end_ms - event.t_end_ms <= 416 + 250


def test_utterances_hold_what_their_estimates_said(parts: Parts, recording: Samples) -> None:
    """Within the range of the raw estimates made while the speech went on."""
    raw = StreamConfig(smoothing=SmoothingConfig(half_life_ms=0))
    during: list[Estimate] = []
    checked = 0
    for event in parts.whole(recording, config=raw):
        if isinstance(event, Estimate) and event.speech and event.p:
            during.append(event)
        if isinstance(event, Utterance):
            for label in LABELS:
                values = [estimate.p[label] for estimate in during]
                assert min(values) - P_PLACES <= event.p[label] <= max(values) + P_PLACES
            during, checked = [], checked + 1
    assert checked == 8


@pytest.mark.parametrize("input_hz", [16_000, 44_100])
def test_estimates_are_the_models_own_on_the_window_as_defined(parts: Parts, recording: Samples, input_hz: int) -> None:
    """Without smoothing each estimate is the pool of the models on rows computed from the whole audio at once."""
    audio = recording[: 9 * HZ]
    raw = StreamConfig(smoothing=SmoothingConfig(half_life_ms=0), shortest_speech_ms=0)
    resampler = Resampler(input_hz, HZ)
    resampled = np.concatenate([resampler.push(audio), resampler.flush()])
    rows = [FeatureStream(model.card.features).push(resampled) for model in parts.models]
    estimates = of_type(parts.whole(audio, input_hz, raw), Estimate)
    assert len(estimates) > 10
    for event in estimates:
        end = min(event.t_end_ms * HZ // 1000, len(resampled)) if event is not estimates[-1] else len(resampled)
        each = []
        for model, all_rows in zip(parts.models, rows, strict=True):
            spec = model.card.features
            stop = (end - spec.frame_length) // spec.hop_length + 1
            full = (48_000 - spec.frame_length) // spec.hop_length + 1
            each.append(model.probabilities(all_rows[None, max(0, stop - full) : stop])[0])
        assert list(event.p.values()) == pytest.approx(logarithmic_pool(np.stack(each), (0.5, 0.5)), abs=P_PLACES)
        assert event.agreement == pytest.approx(1 - np.abs(each[0] - each[1]).sum() / 2, abs=P_PLACES)


def test_agreement_is_of_the_two_models_that_differ_most_and_stays_within_its_range(
    tmp_path: Path, vad_model: VoiceActivityModel, recording: Samples
) -> None:
    biases = [(30.0, 0.0, 0.0, 0.0), (0.0, 30.0, 0.0, 0.0), (0.0, 0.0, 30.0, 0.0), (0.0, 0.0, 0.0, 30.0)]
    models = [EmotionModel.load(write_model(tmp_path / f"{i}.onnx", bias=bias)) for i, bias in enumerate(biases)]
    audio = recording[HZ : 3 * HZ]
    for count, agreement, top in [(1, 1.0, 1.0), (2, 0.0, 0.5), (3, 0.0, 0.3333), (4, 0.0, 0.25)]:
        estimates = of_type(Parts(models[:count], vad_model).whole(audio), Estimate)
        assert {event.agreement for event in estimates if event.p} == {agreement}
        assert all(event.confidence == pytest.approx(top, abs=2 * P_PLACES) for event in estimates if event.p)


def test_even_probabilities_are_not_named(tmp_path: Path, vad_model: VoiceActivityModel, recording: Samples) -> None:
    even = EmotionModel.load(write_model(tmp_path / "even.onnx", bias=(0.1, 0.1, 0.1, 0.1)))
    stream = EmotionStream([even], vad_model, HZ)
    events = stream.push(AudioBlock(recording[: 9 * HZ], HZ, 0)) + stream.flush()
    assert len(of_type(events, Utterance)) == 2
    for event in of_type(events, Estimate) + of_type(events, Utterance):
        assert event.label is None
    summary = stream.summary()
    assert summary.label is None
    assert set(summary.share.values()) == {0.0}


def test_a_certain_model_is_named_wherever_somebody_speaks(
    tmp_path: Path, vad_model: VoiceActivityModel, recording: Samples
) -> None:
    certain = EmotionModel.load(write_model(tmp_path / "certain.onnx", bias=(0.0, 30.0, 0.0, 0.0)))
    stream = EmotionStream([certain], vad_model, HZ)
    events = stream.push(AudioBlock(recording, HZ, 0)) + stream.flush()
    for event in of_type(events, Estimate):
        assert event.label == ("happy" if event.speech and event.p else None)
    assert {event.label for event in of_type(events, Utterance)} == {"happy"}
    summary = stream.summary()
    assert (summary.label, summary.confidence, summary.share["happy"]) == ("happy", 1.0, 1.0)


def test_the_summary_counts_what_was_heard(parts: Parts, recording: Samples, whole_events: list[Event]) -> None:
    stream = parts.stream()
    push_all(stream, blocks(np.array_split(recording, 50)))
    stream.flush()
    summary = stream.summary()
    assert summary.seconds == 35.16
    assert (summary.t_start_ms, summary.t_end_ms) == (0, 35_160)
    spoken_ms = sum(event.t_end_ms - event.t_start_ms for event in of_type(whole_events, Utterance))
    assert summary.speech_seconds == pytest.approx(spoken_ms / 1000, abs=0.005)
    assert sum(summary.share.values()) == pytest.approx(1, abs=1e-3)
    assert sum(summary.p.values()) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("input_hz", [8_000, 16_000, 44_100, 48_000])
def test_every_input_rate_works(parts: Parts, recording: Samples, whole_events: list[Event], input_hz: int) -> None:
    resampler = Resampler(HZ, input_hz)
    audio = np.concatenate([resampler.push(recording), resampler.flush()])
    stream = parts.stream(input_hz)
    pieces = [audio[at : at + input_hz // 20] for at in range(0, len(audio), input_hz // 20)]
    events = push_all(stream, blocks(pieces, input_hz)) + stream.flush()
    ours, theirs = of_type(events, Utterance), of_type(whole_events, Utterance)
    assert [e.t_start_ms for e in ours] == pytest.approx([e.t_start_ms for e in theirs], abs=150)
    assert [e.t_end_ms for e in ours] == pytest.approx([e.t_end_ms for e in theirs], abs=150)
    ends = [event.t_end_ms for event in of_type(events, Estimate)]
    assert ends == [*range(500, 35_160, 250), 35_160]


def test_the_same_voice_at_another_rate_gives_the_same_probabilities(
    tmp_path: Path, vad_model: VoiceActivityModel, recording: Samples
) -> None:
    """Below 7 kHz, where no resampling filter has begun to fall."""
    card = tiny_card(features=msgspec.structs.replace(MEL_SPEC, f_max_hz=7_000.0))
    parts = Parts([EmotionModel.load(write_model(tmp_path / "model.onnx", card, seed=17))], vad_model)
    raw = StreamConfig(smoothing=SmoothingConfig(half_life_ms=0), shortest_speech_ms=0)
    audio = recording[: 9 * HZ]
    theirs = of_type(parts.whole(audio, config=raw), Estimate)
    for input_hz in (44_100, 48_000):
        # The filter's delay is left in, here and in the stream: what is heard begins as much earlier.
        late = 2 * DELAY_SAMPLES * input_hz // HZ
        resampled = np.pad(Resampler(HZ, input_hz).push(audio)[late:], (0, late))
        ours = parts.whole(resampled, input_hz, raw)
        for a, b in zip(of_type(ours, Estimate), theirs, strict=True):
            assert a.p == pytest.approx(b.p, abs=0.005)
            assert a.level_dbfs == pytest.approx(b.level_dbfs, abs=0.5)


@pytest.mark.parametrize("input_hz", [16_000, 44_100])
@pytest.mark.parametrize(
    ("seconds", "ends"),
    [(0.0, []), (0.01, []), (0.2, []), (0.4999, []), (0.5, [500]), (0.6, [500, 600]), (1.0, [500, 750, 1_000])],
)
def test_short_clips(parts: Parts, recording: Samples, input_hz: int, seconds: float, ends: list[int]) -> None:
    resampler = Resampler(HZ, input_hz)
    speech = np.concatenate([resampler.push(recording[HZ : 3 * HZ]), resampler.flush()])
    audio = speech[: round(seconds * input_hz)]
    stream = parts.stream(input_hz)
    events = stream.push(AudioBlock(audio, input_hz, 0)) + stream.flush()
    assert [event.t_end_ms for event in of_type(events, Estimate)] == ends
    assert [event.seq for event in events] == list(range(len(events)))
    assert len(of_type(events, Utterance)) <= 1
    summary = stream.summary()
    assert summary.seconds == pytest.approx(seconds, abs=0.001)
    assert summary.speech_seconds <= summary.seconds
    if seconds >= 1:
        assert summary.p


def test_nothing_at_all(parts: Parts) -> None:
    stream = parts.stream()
    assert stream.flush() == []
    summary = stream.summary()
    assert (summary.label, summary.p, summary.seconds, summary.speech_seconds) == (None, {}, 0.0, 0.0)
    assert summary.t_end_ms == 0


def test_the_last_windows_rows_reach_back_the_whole_window(
    tmp_path: Path, vad_model: VoiceActivityModel, recording: Samples
) -> None:
    """An audio that ends a little after a step is predicted from three seconds, not on the little."""

    class Counting(EmotionModel):
        def run(self, windows, offset=None):  # type: ignore[no-untyped-def]
            sizes.extend([windows.shape[1]] * len(windows))
            return super().run(windows, offset)

    sizes: list[int] = []
    model = Counting.load(write_model(tmp_path / "model.onnx"))
    stream = EmotionStream([model], vad_model, HZ)
    stream.push(AudioBlock(recording[: round(4.06 * HZ)], HZ, 0))
    del sizes[:]
    assert [event.t_end_ms for event in of_type(stream.flush(), Estimate)] == [4_060]
    assert sizes == [model.card.grid().rows]
