"""One listener's stream: blocks of audio in, events out. No clock, no thread, no input or output."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from emostream.audio import AudioBlock
from emostream.events import Certainty, Estimate, Event, Gap, Hello, Summary, Utterance, UtteranceStart
from emostream.features import FeatureStream
from emostream.inference.batching import Requests, run_alone
from emostream.inference.ensemble import Ensemble
from emostream.inference.model import EmotionModel, pooled
from emostream.inference.speaker import AdaptationConfig, SpeakerProfile
from emostream.inference.vad import (
    SAMPLE_RATE_HZ,
    SpeechChange,
    VoiceActivityConfig,
    VoiceActivityDetector,
    VoiceActivityModel,
)
from emostream.pipeline.segment import Segment, Step
from emostream.pipeline.smoothing import Smoother, SmoothingConfig
from emostream.pipeline.utterance import UtteranceMean, by_label

F32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class StreamConfig:
    """How a stream decides. A window gets an estimate once it holds ``shortest_speech_ms`` of speech.

    ``weights``, one a model, say how far each is believed (``model.pooled``); none stand for the same for all, one
    together. Utterances and whole files are named from ``verdict_at`` on, or from where steps are. ``certainty`` is
    what these thresholds were measured to cost, for ``hello``.
    """

    smoothing: SmoothingConfig = field(default_factory=SmoothingConfig)
    speech: VoiceActivityConfig = field(default_factory=VoiceActivityConfig)
    baseline: AdaptationConfig = field(default_factory=AdaptationConfig)
    shortest_speech_ms: int = 250
    weights: tuple[float, ...] = ()
    verdict_at: float | None = None
    certainty: Certainty | None = None


class Stamp(TypedDict):
    """What all events of a stream carry: the next number, its name, a span on its clock."""

    seq: int
    stream: str
    t_start_ms: int
    t_end_ms: int


class EmotionStream:
    """Audio of one voice in, events out; every listener has one of its own and they share the models.

    ``models`` must want the same labels, rate, window and step (``ModelError`` else). Times are milliseconds of audio
    since the first block, gaps included. ``profile`` is that of the person who speaks, if enrolled with these models
    (``ProfileError`` else).
    """

    def __init__(
        self,
        models: Sequence[EmotionModel],
        vad_model: VoiceActivityModel,
        input_hz: int,
        *,
        config: StreamConfig | None = None,
        profile: SpeakerProfile | None = None,
        stream: str = "audio",
        source: str = "",
    ) -> None:
        self.config = config or StreamConfig()
        self._panel = Ensemble(models, self.config.baseline, profile)
        self._models = tuple(models)
        self._weights = self.config.weights or (1 / len(models),) * len(models)
        if len(self._weights) != len(models):
            raise ValueError(f"got {len(self._weights)} weights for {len(models)} models")
        self.labels = models[0].card.labels
        self._grid = models[0].card.grid()
        self._features = [FeatureStream(model.card.features) for model in models]
        self._gate = VoiceActivityDetector(vad_model, self.config.speech, self._grid.length)
        self._speaker = profile.name if profile else None
        self._input_hz = input_hz
        self._stream = stream
        self._source = source
        self.reset()

    def reset(self) -> None:
        """Forget all audio: what follows is as from a new stream."""
        self._seq = itertools.count()
        self._next_sample: int | None = None
        self._first_sample = 0
        self._smoother = Smoother(self.config.smoothing)
        self._panel.reset()
        self._start_segment(0.0)
        self._utterance: tuple[float, UtteranceMean] | None = None
        self._whole = self._verdict()
        self._speech_ms = 0.0
        self._label_ms = dict.fromkeys(self.labels, 0.0)

    def hello(self) -> Hello:
        """The event that opens a stream; ask for it once, before the first block."""
        card = self._models[0].card
        return Hello(
            **self._stamp(0, 0),
            labels=self.labels,
            window_ms=card.window_ms,
            step_ms=card.step_ms,
            models=tuple(model.card.brief() for model in self._models),
            source=self._source,
            speaker=self._speaker,
            certainty=self.config.certainty,
        )

    def push(self, block: AudioBlock) -> list[Event]:
        """Take the next block, give the events it completes. Blocks go forward and have the stream's rate."""
        return run_alone(self.push_requests(block), self._models)

    def flush(self) -> list[Event]:
        """The audio ended: the last, shorter step and the end of whoever speaks. What comes later stands apart."""
        return run_alone(self.flush_requests(), self._models)

    def push_requests(self, block: AudioBlock) -> Requests[list[Event]]:
        """As ``push``, for a driver who may put the questions of several streams to the models at once."""
        if block.sample_rate_hz != self._input_hz:
            raise ValueError(f"got a block of {block.sample_rate_hz} Hz in a stream of {self._input_hz} Hz")
        if self._next_sample is None:
            self._next_sample = self._first_sample = block.first_sample - block.lost_samples
        lost = block.first_sample - self._next_sample
        if lost < 0:
            raise ValueError(f"got a block from sample {block.first_sample}, expected {self._next_sample} or later")
        events = (yield from self._gap(lost)) if lost else []
        self._next_sample = block.first_sample + len(block.samples)
        return events + (yield from self._events(self._segment.push(block.samples)))

    def flush_requests(self) -> Requests[list[Event]]:
        """As ``flush``, for such a driver."""
        events = yield from self._events(self._segment.flush())
        self._start_segment(self.clock_ms)
        return events

    def summary(self) -> Summary:
        """The verdict over all that was heard; for after ``flush``."""
        judged = self._whole.judge()
        seconds = self.clock_ms / 1000
        named_ms = sum(self._label_ms.values())
        return Summary(
            **self._stamp(0, 1000 * seconds),
            source=self._source,
            p=judged.p,
            label=judged.label,
            confidence=judged.confidence,
            seconds=round(seconds, 3),
            speech_seconds=round(self._speech_ms / 1000, 3),
            share={label: round(ms / named_ms, 4) if named_ms else 0.0 for label, ms in self._label_ms.items()},
        )

    def profile(self, name: str) -> SpeakerProfile:
        """What was heard so far as the profile of a person: how they speak, without any audio.

        Raises ``ProfileError`` where no model has a summary of speech.
        """
        return self._panel.profile(name)

    @property
    def judged_speech_s(self) -> float:
        """Seconds of speech that were judged so far: what a profile of now would stand on."""
        return self._panel.speech_s

    @property
    def step_ms(self) -> int:
        """How often there is an estimate, in milliseconds of audio."""
        return self._models[0].card.step_ms

    def moment(self) -> Stamp:
        """The stamp of an event that stands at the end of what was heard so far."""
        return self._stamp(self.clock_ms, self.clock_ms)

    @property
    def clock_ms(self) -> float:
        """How far the stream's clock has come."""
        return 1000 * ((self._next_sample or 0) - self._first_sample) / self._input_hz

    def _start_segment(self, start_ms: float) -> None:
        self._segment = Segment(self._models, self._features, self._gate, self._input_hz, start_ms)
        self._last_end = 0
        self._panel.start_segment()
        self._smoother.reset()

    def _gap(self, lost: int) -> Requests[list[Event]]:
        """Close what came before the gap, say what was lost, and go on behind it."""
        start_ms = self.clock_ms
        events = yield from self._events(self._segment.flush())
        lost_ms = 1000 * lost / self._input_hz
        events.append(Gap(**self._stamp(start_ms, start_ms + lost_ms), lost_ms=round(lost_ms, 3)))
        self._start_segment(start_ms + lost_ms)
        return events

    def _events(self, heard: Iterator[SpeechChange | Step]) -> Requests[list[Event]]:
        events: list[Event] = []
        for stretch in self._panel.stretches(heard):
            events += yield from self._events_of_stretch(stretch)
        return events

    def _events_of_stretch(self, items: Sequence[SpeechChange | Step]) -> Requests[list[Event]]:
        """The events of turns and steps that all see the same baseline."""
        steps = [item for item in items if isinstance(item, Step) and self._worth_judging(item)]
        by_step = yield from self._panel.predict_requests(steps)
        judged = dict(zip((step.end_sample for step in steps), by_step, strict=True))
        events: list[Event] = []
        for item in items:
            if isinstance(item, Step):
                events.append(self._estimate(item, judged.get(item.end_sample)))
            elif item.speaking:
                events.append(self._start_utterance(item))
            else:
                events += self._end_utterance(self._ms(item.at_sample))
        return events

    def _worth_judging(self, step: Step) -> bool:
        return step.window_speech_samples * 1000 >= self.config.shortest_speech_ms * SAMPLE_RATE_HZ

    def _estimate(self, step: Step, by_model: F32 | None) -> Estimate:
        elapsed = step.end_sample - self._last_end
        self._last_end = step.end_sample
        step_ms = 1000 * elapsed / SAMPLE_RATE_HZ
        start = max(0, step.end_sample - self._grid.length)
        stamp = self._stamp(self._ms(start), self._ms(step.end_sample))
        level_dbfs = round(step.level_dbfs, 1)
        if by_model is None:
            self._smoother.reset()
            return Estimate(
                **stamp, p={}, label=None, confidence=0.0, agreement=0.0, speech=step.speaking, level_dbfs=level_dbfs
            )
        p = pooled(by_model, self._weights)
        smoothed, named = self._smoother.push(p, step_ms)
        self._whole.add(p, step.window_speech_samples)
        if self._utterance:
            self._utterance[1].add(p, step.window_speech_samples)
        if step.speaking and named is not None:
            self._label_ms[self.labels[named]] += step_ms
        return Estimate(
            **stamp,
            p=by_label(self.labels, smoothed),
            label=self.labels[named] if named is not None and step.speaking else None,
            confidence=round(float(smoothed.max()), 4),
            agreement=round(1 - _largest_distance(by_model), 4),
            speech=step.speaking,
            level_dbfs=level_dbfs,
        )

    def _start_utterance(self, turn: SpeechChange) -> UtteranceStart:
        start_ms = self._ms(turn.at_sample)
        self._utterance = (start_ms, self._verdict())
        return UtteranceStart(**self._stamp(start_ms, self._ms(turn.known_at)))

    def _end_utterance(self, end_ms: float) -> list[Event]:
        if self._utterance is None:
            return []
        (start_ms, verdict), self._utterance = self._utterance, None
        self._speech_ms += end_ms - start_ms
        judged = verdict.judge()
        stamp = self._stamp(start_ms, end_ms)
        return [Utterance(**stamp, p=judged.p, label=judged.label, confidence=judged.confidence)]

    def _verdict(self) -> UtteranceMean:
        at = self.config.verdict_at
        return UtteranceMean(self.labels, self.config.smoothing.on_threshold if at is None else at)

    def _ms(self, sample: int) -> float:
        return self._segment.start_ms + 1000 * sample / SAMPLE_RATE_HZ

    def _stamp(self, start_ms: float, end_ms: float) -> Stamp:
        return Stamp(seq=next(self._seq), stream=self._stream, t_start_ms=round(start_ms), t_end_ms=round(end_ms))


def _largest_distance(by_model: F32) -> float:
    """The total variation distance, 0 to 1, between the two of some distributions (models, K) that differ most."""
    distances = np.abs(by_model[:, None] - by_model[None, :]).sum(axis=2) / 2
    return float(distances.max())
