"""Streams for tests: made by the dozen, fed in pieces, and compared event by event."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec
import numpy as np
import pytest

from emostream.audio import AudioBlock, Samples
from emostream.events import Estimate, Event, Gap, Utterance
from emostream.inference.model import EmotionModel
from emostream.inference.vad import VoiceActivityModel
from emostream.pipeline.config import StreamConfig
from emostream.pipeline.stream import EmotionStream

HZ = 16_000
E = TypeVar("E", bound=Event)
# Events hold four places; audio cut otherwise may move the last one.
P_PLACES = 1.01e-4
LEVEL_PLACES = 0.101


@dataclass(frozen=True)
class Parts:
    """What a stream is made of, to make many."""

    models: Sequence[EmotionModel]
    vad_model: VoiceActivityModel

    def stream(self, input_hz: int = HZ, config: StreamConfig | None = None) -> EmotionStream:
        return EmotionStream(self.models, self.vad_model, input_hz, config=config)

    def whole(self, audio: Samples, input_hz: int = HZ, config: StreamConfig | None = None) -> list[Event]:
        """All events of an audio that comes in one block."""
        stream = self.stream(input_hz, config)
        return stream.push(AudioBlock(audio, input_hz, 0)) + stream.flush()


def blocks(pieces: Sequence[Samples], input_hz: int = HZ, first_sample: int = 0) -> list[AudioBlock]:
    starts = first_sample + np.cumsum([0] + [len(piece) for piece in pieces])
    return [AudioBlock(piece, input_hz, int(at)) for piece, at in zip(pieces, starts, strict=False)]


def push_all(stream: EmotionStream, given: Sequence[AudioBlock]) -> list[Event]:
    return [event for block in given for event in stream.push(block)]


def of_type(events: Sequence[Event], kind: type[E]) -> list[E]:
    return [event for event in events if isinstance(event, kind)]


def numbered(events: Sequence[Event]) -> list[Event]:
    """Numbered anew, for a live stream has `health` in between."""
    return [msgspec.structs.replace(event, seq=number) for number, event in enumerate(events)]


def assert_same(ours: Sequence[Event], theirs: Sequence[Event], *, later_ms: float = 0, later_seq: int = 0) -> None:
    """The same events, up to the last place of what is rounded; ``ours`` may stand later on its stream."""
    assert [type(event) for event in ours] == [type(event) for event in theirs]
    for a, b in zip(ours, theirs, strict=True):
        assert a.seq == b.seq + later_seq
        shift = pytest.approx(later_ms, abs=1 if later_ms else 0)
        assert (a.t_start_ms - b.t_start_ms, a.t_end_ms - b.t_end_ms) == (shift, shift)
        assert a.v == b.v
        if isinstance(a, Estimate | Utterance) and isinstance(b, Estimate | Utterance):
            assert a.label == b.label
            assert a.p == pytest.approx(b.p, abs=P_PLACES)
            assert a.confidence == pytest.approx(b.confidence, abs=P_PLACES)
        if isinstance(a, Estimate) and isinstance(b, Estimate):
            assert a.speech == b.speech
            assert a.agreement == pytest.approx(b.agreement, abs=P_PLACES)
            assert a.level_dbfs == pytest.approx(b.level_dbfs, abs=LEVEL_PLACES)
        if isinstance(a, Gap) and isinstance(b, Gap):
            assert a.lost_ms == b.lost_ms
