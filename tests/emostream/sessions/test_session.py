"""A recorded session read again: the same steps, for the same models and for others."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from emostream.audio import Samples
from emostream.errors import SessionError
from emostream.events import Estimate, Event, Utterance, UtteranceStart
from emostream.features.streams import FeatureStreams
from emostream.inference.batching import run_alone
from emostream.inference.step import Step
from emostream.inference.vad import VoiceActivityDetector
from emostream.pipeline.config import StreamConfig
from emostream.pipeline.segment import Segment
from emostream.pipeline.step_stream import StepStream
from emostream.sessions.manifest import Kept
from emostream.sessions.parts import PARTS
from emostream.sessions.row_codec import decode_rows, encode_rows
from emostream.sessions.session import Session
from tests.emostream.sessions.conftest import Recorded
from tests.support.recorded_sessions import BLOCK, LOST_AT, record
from tests.support.streams import HZ, Parts
from tests.support.tiny_models import tiny_card


def test_windows_are_those_of_the_stream_rounded(rows: Recorded, parts: Parts, recording: Samples) -> None:
    """Bit for bit what rounding each row of the audio gives, in every window that the networks were asked about."""
    grid = parts.models[0].card.grid()
    detector = VoiceActivityDetector(parts.vad_model, StreamConfig().voice_activity, grid.length_samples)
    features = FeatureStreams([model.card.features for model in parts.models])
    segments = Session.open(rows.folder).segments([model.card for model in parts.models])
    compared = 0
    for segment, audio in zip(segments, (recording[:LOST_AT], recording[LOST_AT:]), strict=False):
        items = list(segment.items)
        live = Segment(parts.models, features, detector, HZ)
        expected = [
            item for start in range(0, len(audio), BLOCK) for item in live.push(audio[start : start + BLOCK])
        ] + list(live.flush())
        assert len(items) == len(expected)
        for ours, theirs in zip(items, expected, strict=True):
            assert type(ours) is type(theirs)
            if not isinstance(ours, Step) or not isinstance(theirs, Step):
                assert (ours.speaking, ours.at_sample) == (theirs.speaking, theirs.at_sample)
                continue
            assert ours.end_sample == theirs.end_sample
            assert (ours.window_speech_samples, ours.speech_samples) == (
                theirs.window_speech_samples,
                theirs.speech_samples,
            )
            for window, true, model in zip(ours.windows, theirs.windows, parts.models, strict=False):
                spec = model.card.features
                assert np.array_equal(window.rows, decode_rows(encode_rows(true.rows, spec), spec))
                compared += 1
    assert compared > 100


def judged(events: list[Event]) -> list[Event]:
    kept = [event for event in events if isinstance(event, Estimate | Utterance | UtteranceStart)]
    return [msgspec.structs.replace(event, seq=0, ts=None, stream="") for event in kept]


def test_the_same_models_say_the_same_of_it(rows: Recorded, parts: Parts) -> None:
    """The same events at the same times, by the path of live streams; rounding rows changes probabilities a little."""
    stream = StepStream(parts.models, config=StreamConfig())
    said: list[Event] = []
    for segment in Session.open(rows.folder).segments([model.card for model in parts.models]):
        stream.start_segment(segment.start_ms)
        said += run_alone(stream.push_requests(segment.items), parts.models)
    ours, live = judged(said), judged(rows.events)
    assert [(type(event), event.t_start_ms, event.t_end_ms) for event in ours] == [
        (type(event), event.t_start_ms, event.t_end_ms) for event in live
    ]
    pairs = [
        (one, other)
        for one, other in zip(ours, live, strict=True)
        if isinstance(one, Estimate | Utterance) and isinstance(other, Estimate | Utterance)
    ]
    for one, other in pairs:
        assert one.p == pytest.approx(other.p, abs=0.06)
        if isinstance(one, Estimate) and isinstance(other, Estimate):
            assert (one.speech, one.level_dbfs) == (other.speech, other.level_dbfs)
    assert np.mean([one.label == other.label for one, other in pairs]) > 0.9


def test_a_stretch_that_nobody_reads_is_passed_over(rows: Recorded, parts: Parts) -> None:
    segments = Session.open(rows.folder).segments([model.card for model in parts.models[:1]])
    assert [segment.start_ms for segment in segments] == [0.0, 12_000.0]


class TestRefusals:
    def test_a_session_without_rows(self, parts: Parts, recording: Samples, tmp_path: Path) -> None:
        folder = tmp_path / "session"
        record(folder, Kept.EVENTS, parts, recording[:HZ])
        with pytest.raises(SessionError, match=r"holds no rows for a model to read \(it keeps events\)"):
            next(Session.open(folder).segments([parts.models[0].card]))

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"window_ms": 2_000}, r"wants windows, steps and shortest windows of \(2000, 250, 500\) ms"),
            ({"features": "other"}, "reads other rows than .* holds, which are those of tiny_mel, tiny_mfcc"),
        ],
    )
    def test_models_of_another_kind(self, rows: Recorded, parts: Parts, changes: dict[str, object], said: str) -> None:
        if "features" in changes:
            changes = {"features": msgspec.structs.replace(parts.models[0].card.features, n_mels=41)}
        with pytest.raises(SessionError, match=said):
            next(Session.open(rows.folder).segments([tiny_card(**changes)]))

    def test_a_damaged_part(self, parts: Parts, recording: Samples, tmp_path: Path) -> None:
        folder = tmp_path / "session"
        record(folder, Kept.ROWS, parts, recording[: 4 * HZ])
        (path,) = (folder / PARTS).iterdir()
        path.write_bytes(path.read_bytes()[:-10])
        with pytest.raises(SessionError, match=r"000000\.part is damaged: .* from a copy"):
            list(Session.open(folder).segments([parts.models[0].card]))
