"""What looks on while a stream predicts: what the networks saw and gave, for whoever keeps it."""

from typing import Protocol

from emostream.events import Hello
from emostream.inference.ensemble import ModelOutputs
from emostream.inference.step import Step
from emostream.inference.vad import SpeechChange


class StreamObserver(Protocol):
    """Is told of one stream, in the stream's own thread: each method returns at once and raises nothing."""

    def start_segment(self, start_ms: float) -> None:
        """The sample axis begins anew, ``start_ms`` after the stream's beginning: sample positions count from there."""
        ...

    def open(self, hello: Hello) -> None:
        """The stream's first event is emitted now."""
        ...

    def push(self, item: SpeechChange | Step, outputs: ModelOutputs | None) -> None:
        """Speech began or ended, or a step did, in the order of time; None where the models were not asked."""
        ...
