"""What a recording takes from a stream while it runs, in the stream's thread: only what it will keep, and at once."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emostream.events import Hello
from emostream.features.arrays import MeanSummary, Rows
from emostream.inference.ensemble import ModelOutputs
from emostream.inference.model import EmotionModel
from emostream.inference.step import Step
from emostream.inference.vad import SAMPLE_RATE_HZ, SpeechChange
from emostream.sessions.manifest import Kept
from emostream.sessions.parts import ChangeRecord, StepRecord, UtteranceSummary

# Four minutes of a disk that takes nothing, or 15 MB.
CAPACITY = 1024


@dataclass(frozen=True)
class OpenedStream:
    """A stream begins, with these models."""

    hello: Hello
    models: Sequence[EmotionModel]


@dataclass(frozen=True)
class Observed:
    """An item of a segment, and for a step the rows of each spec that it adds to those before."""

    stream: int
    segment: int
    start_ms: float
    item: StepRecord | ChangeRecord
    rows: tuple[Rows, ...] = ()


Observation = OpenedStream | Observed | UtteranceSummary


class Observations:
    """A bounded queue from the streams' threads to the recording's; what finds no room is counted in ``lost``."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._queue: deque[Observation] = deque()
        self._capacity = capacity
        self.streams = 0
        self.lost = 0
        self.is_open = True

    def put(self, observation: Observation) -> bool:
        """Queue an observation; False if there is no room for it. Streams are few, and none is left out."""
        if len(self._queue) >= self._capacity and not isinstance(observation, OpenedStream):
            self.lost += 1
            return False
        self._queue.append(observation)
        return True

    def take(self) -> Observation | None:
        """The oldest one, if there is any."""
        return self._queue.popleft() if self._queue else None


class SessionObserver:
    """Looks on at one stream of ``models`` and queues what ``kept`` asks for."""

    def __init__(self, observations: Observations, models: Sequence[EmotionModel], kept: Kept) -> None:
        self._observations = observations
        self._models = models
        self._kept = kept
        self._stream = -1
        self._segment = -1
        self._start_ms = 0.0
        self._grids = [model.card.grid() for model in models]
        fingerprints = [model.card.features.fingerprint() for model in models]
        # Models that want the same rows share them.
        self._of_spec = [fingerprints.index(fingerprint) for fingerprint in dict.fromkeys(fingerprints)]
        self._summary = _MeanSummaries(models)
        self._speech_from = 0
        self._counted_samples = 0
        self._forget_rows()

    def open(self, hello: Hello) -> None:
        """The stream takes the next number of the recording."""
        self._stream = self._observations.streams
        self._observations.streams += 1
        self._observations.put(OpenedStream(hello, self._models))

    def start_segment(self, start_ms: float) -> None:
        """The sample axis begins anew."""
        self._segment += 1
        self._start_ms = start_ms
        self._counted_samples = 0
        self._forget_rows()

    def push(self, item: SpeechChange | Step, outputs: ModelOutputs | None) -> None:
        """Queue what is kept of an item."""
        if not self._observations.is_open:
            return
        if self._kept is Kept.ROWS:
            self._put_rows(item, is_predicted=outputs is not None)
        elif self._kept is Kept.SUMMARIES:
            self._count_summary(item, outputs)

    def _put_rows(self, item: SpeechChange | Step, *, is_predicted: bool) -> None:
        rows: tuple[Rows, ...] = ()
        record: StepRecord | ChangeRecord
        if isinstance(item, Step):
            rows = self._new_rows(item) if is_predicted else ()
            record = StepRecord(
                item.end_sample,
                item.window_speech_samples,
                item.speech_samples,
                item.speaking,
                round(item.level_dbfs, 1),
                tuple(map(len, rows)) if is_predicted else None,
            )
        else:
            record = ChangeRecord(item.speaking, item.at_sample, item.known_at)
        if not self._observations.put(Observed(self._stream, self._segment, self._start_ms, record, rows)):
            self._forget_rows()  # the next window is kept whole

    def _new_rows(self, step: Step) -> tuple[Rows, ...]:
        """For each spec, the rows of a step's window that no step before it brought."""
        new = []
        for place, index in enumerate(self._of_spec):
            start, stop = self._grids[index].row_span(step.end_sample)
            count = stop - max(start, self._kept_until[place])
            self._kept_until[place] = stop
            new.append(step.windows[index].rows[stop - start - count :].copy())
        return tuple(new)

    def _forget_rows(self) -> None:
        self._kept_until = [0] * len(self._of_spec)

    def _count_summary(self, item: SpeechChange | Step, outputs: ModelOutputs | None) -> None:
        if isinstance(item, Step):
            if outputs is not None:
                self._summary.push(outputs, (item.speech_samples - self._counted_samples) / SAMPLE_RATE_HZ)
                self._counted_samples = item.speech_samples
        elif item.speaking:
            self._summary = _MeanSummaries(self._models)
            self._speech_from = item.at_sample
        elif self._summary.speech_s > 0:
            start_ms, end_ms = (
                round(self._start_ms + 1000 * at / SAMPLE_RATE_HZ) for at in (self._speech_from, item.at_sample)
            )
            self._observations.put(
                UtteranceSummary(
                    stream=self._stream,
                    t_start_ms=start_ms,
                    t_end_ms=end_ms,
                    speech_s=round(self._summary.speech_s, 3),
                    means=self._summary.encoded(),
                )
            )
            self._summary = _MeanSummaries(self._models)


class _MeanSummaries:
    """The means of each model's summaries over an utterance, weighted by seconds of speech."""

    def __init__(self, models: Sequence[EmotionModel]) -> None:
        self._sums: list[MeanSummary] = [np.zeros(model.summary_size) for model in models]
        self.speech_s = 0.0

    def push(self, outputs: ModelOutputs, speech_s: float) -> None:
        if speech_s > 0:
            self.speech_s += speech_s
            self._sums = [
                total + speech_s * summary for total, summary in zip(self._sums, outputs.summaries, strict=True)
            ]

    def encoded(self) -> tuple[bytes, ...]:
        means: list[NDArray[np.float16]] = [(total / self.speech_s).astype("<f2") for total in self._sums]
        return tuple(mean.tobytes() for mean in means)
