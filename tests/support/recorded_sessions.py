"""Sessions that are recorded within a test's own process, from the demo recording and tiny models."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np

from emostream.audio import AudioBlock, Samples
from emostream.events import Event
from emostream.inference.model import EmotionModel
from emostream.pipeline.stream import EmotionStream
from emostream.sessions.manifest import Kept
from emostream.sessions.recorder import SessionRecorder
from tests.support.streams import HZ, Parts

BLOCK = HZ // 4
LOST = 2 * HZ
# Where the audio is lost: in the middle of the third sentence of the recording.
LOST_AT = 10 * HZ


def recorder(
    folder: Path, kept: Kept, models: Sequence[EmotionModel], on_failed: object = lambda: None
) -> SessionRecorder:
    return SessionRecorder(
        folder, kept, source="a recording", models=models, program="emostream test", on_failed=on_failed
    )  # type: ignore[arg-type]


def with_a_gap(audio: Samples) -> Iterator[AudioBlock]:
    """The audio in blocks, two seconds of which are lost on the way."""
    first = 0
    for start in range(0, len(audio), BLOCK):
        samples = audio[start : start + BLOCK]
        lost = LOST if start == LOST_AT else 0
        first += lost
        yield AudioBlock(samples, HZ, first, lost)
        first += len(samples)


def record(folder: Path, kept: Kept, parts: Parts, audio: Samples) -> tuple[SessionRecorder, list[Event]]:
    """Record audio with a gap in it; gives the recorder, which is closed, and the events that were emitted."""
    keeping = recorder(folder, kept, parts.models)
    stream = EmotionStream(parts.models, parts.vad_model, HZ, observer=keeping.observer(parts.models))
    events: list[Event] = []

    def emit(emitted: Sequence[Event]) -> None:
        for event in emitted:
            live = msgspec.structs.replace(event, ts="2026-11-28T12:00:00.000Z")
            keeping.emit(live)
            events.append(live)

    emit([stream.hello()])
    for block in with_a_gap(audio):
        emit(stream.push(block))
    emit(stream.flush())
    keeping.close()
    return keeping, events


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * HZ), np.float32)
