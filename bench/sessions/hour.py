"""What an hour takes as each kind of session, and whether the events and rows of it give the same again."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.sessions.spoken import HZ, blocks, difference, speech_in_a_room
from emostream.audio import Samples
from emostream.events import Event, Hello, Utterance
from emostream.inference.batching import run_alone
from emostream.inference.ensemble import ModelOutputs
from emostream.inference.step import Step
from emostream.inference.vad import SpeechChange
from emostream.live import with_time
from emostream.pipeline.factory import StreamFactory
from emostream.pipeline.observer import StreamObserver
from emostream.pipeline.stream import EmotionStream
from emostream.sessions.manifest import Kept
from emostream.sessions.recorder import SessionRecorder
from emostream.sessions.session import Session


class Observers:
    """Several recordings of one stream."""

    def __init__(self, observers: Sequence[StreamObserver]) -> None:
        self._observers = observers

    def start_segment(self, start_ms: float) -> None:
        for observer in self._observers:
            observer.start_segment(start_ms)

    def open(self, hello: Hello) -> None:
        for observer in self._observers:
            observer.open(hello)

    def push(self, item: SpeechChange | Step, outputs: ModelOutputs | None) -> None:
        for observer in self._observers:
            observer.push(item, outputs)


def measure_hour(
    name: str, factory: StreamFactory, corpora: Path, minutes: float, pauses_s: tuple[float, float]
) -> None:
    audio = speech_in_a_room(corpora, minutes, pauses_s)
    with tempfile.TemporaryDirectory() as folder:
        recorders = [
            SessionRecorder(Path(folder) / kept.value, kept, source=name, models=factory.models, program="bench")
            for kept in Kept
        ]
        observer = Observers([recorder.observer(factory.models) for recorder in recorders])
        stream = factory.stream(HZ, stream="live", source=name, observer=observer)
        events: list[Event] = []
        began_s = time.process_time()
        for emitted in map(with_time, given_by(stream, audio)):
            events += emitted
            for event in emitted:
                for recorder in recorders:
                    recorder.emit(event)
        for recorder in recorders:
            recorder.close()
        spoken_s = sum(event.t_end_ms - event.t_start_ms for event in events if isinstance(event, Utterance)) / 1000
        print(
            f"{name}: {minutes:g} min, {spoken_s / 60:.1f} min of speech, {time.process_time() - began_s:.0f} s of CPU"
        )
        for recorder in recorders:
            size = sum(path.stat().st_size for path in recorder.folder.rglob("*") if path.is_file())
            same = list(Session.open(recorder.folder).events()) == events
            print(
                f"  {recorder.kept.value:9} {size / 1e6 / minutes * 60:5.2f} MB an hour; events are "
                f"{'equal' if same else 'NOT EQUAL'}, {recorder.lost_steps} steps lost"
            )
        began_s = time.process_time()
        again: list[Event] = []
        steps = factory.step_stream()
        for segment in Session.open(recorders[-1].folder).segments([model.card for model in factory.models]):
            steps.start_segment(segment.start_ms)
            again += run_alone(steps.push_requests(segment.items), factory.models)
        print(
            f"  the same models on its rows, {time.process_time() - began_s:.0f} s of CPU: {difference(events, again)}"
        )


def given_by(stream: EmotionStream, audio: Samples) -> Iterator[list[Event]]:
    """What a stream says of some audio, block by block."""
    yield [stream.hello()]
    yield from map(stream.push, blocks(audio))
    yield stream.flush()
