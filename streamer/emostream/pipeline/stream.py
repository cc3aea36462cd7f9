"""One listener's stream: blocks of audio in, events out. No clock, no thread, no input or output."""

from collections.abc import Iterable, Iterator, Sequence

from emostream.audio import AudioBlock, require_samples
from emostream.events import (
    LOST,
    PAUSED,
    Estimate,
    Event,
    Gap,
    Hello,
    ModelBrief,
    Stamp,
    Summary,
    Utterance,
    UtteranceStart,
)
from emostream.features.arrays import Probabilities
from emostream.features.streams import FeatureStreams
from emostream.inference.batching import Requests, run_alone
from emostream.inference.ensemble import Ensemble
from emostream.inference.model import EmotionModel
from emostream.inference.probabilities import agreement, logarithmic_pool
from emostream.inference.profile import SpeakerProfile
from emostream.inference.speaker import enrolment_moods, require_adaptation
from emostream.inference.step import Step
from emostream.inference.vad import SAMPLE_RATE_HZ, SpeechChange, VoiceActivityDetector, VoiceActivityModel
from emostream.pipeline.config import StreamConfig
from emostream.pipeline.segment import Segment
from emostream.pipeline.smoothing import Smoother
from emostream.pipeline.utterance import UtteranceMean, by_label
from emostream.voice.arousal import ArousalFormula
from emostream.voice.meter import VoiceStatistics
from emostream.voice.reader import VoiceReader


class EmotionStream:
    """Audio of one voice in, events out; every listener has one of its own and they share the models.

    ``models`` must want the same labels, rate, window and step (``ModelError`` else). Times are milliseconds of audio
    since the first block, gaps included. ``profile`` is that of the person who speaks, if enrolled with these models
    (``ProfileError`` else). Without ``arousal``, and with other labels than that knows, utterances have none.
    """

    def __init__(
        self,
        models: Sequence[EmotionModel],
        vad_model: VoiceActivityModel,
        input_hz: int,
        *,
        config: StreamConfig | None = None,
        profile: SpeakerProfile | None = None,
        arousal: ArousalFormula | None = None,
        stream: str = "audio",
        source: str = "",
        notice: str | None = None,
    ) -> None:
        self.config = config = config or StreamConfig()
        self._ensemble = Ensemble(models, config.adaptation, profile, shortest_speech_ms=config.shortest_speech_ms)
        self._models = tuple(models)
        self._weights = self.config.weights or (1 / len(models),) * len(models)
        if len(self._weights) != len(models):
            raise ValueError(f"got {len(self._weights)} weights for {len(models)} models")
        self.labels = models[0].card.labels
        self._grid = models[0].card.grid()
        self._features = FeatureStreams([model.card.features for model in models])
        self._detector = VoiceActivityDetector(vad_model, self.config.voice_activity, self._grid.length_samples)
        self._speaker = profile.name if profile else None
        self._voice_reader = VoiceReader(arousal if arousal and arousal.knows(self.labels) else None)
        self._input_hz = input_hz
        self._stream, self._source, self._notice = stream, source, notice
        self.reset()

    @property
    def network_interval(self) -> int:
        """How many times more rarely than usual the networks run from now on; more than 1 changes what is predicted."""
        return self._ensemble.network_interval

    @network_interval.setter
    def network_interval(self, interval: int) -> None:
        self._ensemble.network_interval = interval

    def reset(self) -> None:
        """Forget all audio: what follows is as from a new stream."""
        self._last_seq = -1
        self._next_sample: int | None = None
        self._first_sample = 0
        self._smoother = Smoother(self.config.smoothing)
        self._ensemble.reset()
        self._voice_reader.reset()
        self._start_segment(0.0)
        self._utterance: tuple[float, UtteranceMean] | None = None
        self._whole_mean = self._new_mean()
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
            models=self.model_briefs,
            source=self._source,
            speaker=self._speaker,
            certainty=self.config.certainty,
            moods=enrolment_moods([model.card for model in self._models]),
            notice=self._notice,
        )

    @property
    def model_briefs(self) -> tuple[ModelBrief, ...]:
        """The cards of its models in short."""
        return tuple(model.card.brief() for model in self._models)

    def push(self, block: AudioBlock) -> list[Event]:
        """Take the next block, give the events it completes.

        Raises ``TypeError`` for samples that are not float32 of shape (n,), and ``ValueError`` for a block of another
        rate or one that goes back in time.
        """
        return run_alone(self.push_requests(block), self._models)

    def flush(self) -> list[Event]:
        """The audio ended: the last, shorter step and the end of whoever speaks. What comes later stands apart."""
        return run_alone(self.flush_requests(), self._models)

    def read(self, blocks: Iterable[AudioBlock]) -> Iterator[Event]:
        """All events of a whole recording, from its hello to its summary. Raises as ``push``, and as the blocks."""
        yield self.hello()
        for block in blocks:
            yield from self.push(block)
        yield from self.flush()
        yield self.summary()

    def push_requests(self, block: AudioBlock) -> Requests[list[Event]]:
        """Generator version of ``push``, for a driver that runs the requests of several streams as one batch."""
        require_samples(block.samples)
        if block.sample_rate_hz != self._input_hz:
            raise ValueError(f"got a block of {block.sample_rate_hz} Hz in a stream of {self._input_hz} Hz")
        if self._next_sample is None:
            self._next_sample = block.first_sample - block.lost_samples - block.paused_samples
            self._first_sample = self._next_sample
        missing = block.first_sample - self._next_sample
        if missing < 0:
            raise ValueError(f"got a block from sample {block.first_sample}, expected {self._next_sample} or later")
        events = (yield from self._gap(missing, min(block.paused_samples, missing))) if missing else []
        self._next_sample = block.first_sample + len(block.samples)
        return events + (yield from self._events(self._segment.push(block.samples)))

    def flush_requests(self) -> Requests[list[Event]]:
        """Generator version of ``flush``."""
        events = yield from self._events(self._segment.flush())
        self._start_segment(self.clock_ms)
        return events

    def summary(self) -> Summary:
        """The prediction over all speech so far; call ``flush`` before."""
        prediction = self._whole_mean.prediction()
        seconds = self.clock_ms / 1000
        named_ms = sum(self._label_ms.values())
        return Summary(
            **self._stamp(0, 1000 * seconds),
            source=self._source,
            p=prediction.p,
            label=prediction.label,
            confidence=prediction.confidence,
            seconds=round(seconds, 3),
            speech_seconds=round(self._speech_ms / 1000, 3),
            share={label: round(ms / named_ms, 4) if named_ms else 0.0 for label, ms in self._label_ms.items()},
        )

    def profile(self, name: str) -> SpeakerProfile:
        """The speech so far as the profile of a person: mean summaries, without any audio.

        Raises ``ProfileError`` where no model has a summary of speech.
        """
        return self._ensemble.profile(name)

    def start_profile(self) -> None:
        """A profile is of the speech from here on; all else goes on. Call ``flush`` before."""
        self._ensemble.start_profile()

    def require_adaptation(self) -> None:
        """Raise ``ProfileError`` unless one of the models can take a speaker into account."""
        require_adaptation([model.card for model in self._models])

    @property
    def predicted_speech_s(self) -> float:
        """Seconds of speech that the models ran on: what a profile of now would be the mean of."""
        return self._ensemble.speech_s

    @property
    def step_ms(self) -> int:
        """How often there is an estimate, in milliseconds of audio."""
        return self._models[0].card.step_ms

    def moment(self) -> Stamp:
        """The stamp of an event at the end of the audio so far, with the next number."""
        return self._stamp(self.clock_ms, self.clock_ms)

    def present_moment(self) -> Stamp:
        """As ``moment``, with the number of the last event: for an event that is no part of the stream."""
        now_ms = round(self.clock_ms)
        return Stamp(seq=self._last_seq, stream=self._stream, t_start_ms=now_ms, t_end_ms=now_ms)

    @property
    def clock_ms(self) -> float:
        """How far the stream's clock has come."""
        return 1000 * ((self._next_sample or 0) - self._first_sample) / self._input_hz

    def _start_segment(self, start_ms: float) -> None:
        self._segment = Segment(self._models, self._features, self._detector, self._input_hz, start_ms)
        self._last_end_sample = 0
        self._ensemble.start_segment()
        self._smoother.reset()

    def _gap(self, missing: int, paused: int) -> Requests[list[Event]]:
        """Close what came before the gap, say what was left out in a pause and what was lost, and go on behind it."""
        at_ms = self.clock_ms
        events = yield from self._events(self._segment.flush())
        for samples, reason in ((paused, PAUSED), (missing - paused, LOST)):
            if samples:
                length_ms = 1000 * samples / self._input_hz
                lost_ms = round(length_ms, 3) if reason == LOST else 0.0
                events.append(Gap(**self._stamp(at_ms, at_ms + length_ms), lost_ms=lost_ms, reason=reason))
                at_ms += length_ms
        self._start_segment(at_ms)
        return events

    def _events(self, items: Iterator[SpeechChange | Step]) -> Requests[list[Event]]:
        events: list[Event] = []
        for item, p_per_model in (yield from self._ensemble.predict(items)):
            if isinstance(item, Step):
                events += self._end_step(item, p_per_model)
            elif item.speaking:
                events.append(self._start_utterance(item))
            else:
                events += self._end_utterance(self._ms(item.at_sample), item.voice)
        return events

    def _end_step(self, step: Step, p_per_model: Probabilities | None) -> list[Event]:
        """The step's estimate, where estimates are wanted; ``p_per_model`` is of shape (models, K)."""
        step_ms = 1000 * (step.end_sample - self._last_end_sample) / SAMPLE_RATE_HZ
        self._last_end_sample = step.end_sample
        p, label, confidence, agreed = {}, None, 0.0, 0.0
        if p_per_model is None:
            self._smoother.reset()
        else:
            smoothed, index = self._count(step, p_per_model, step_ms)
            p = by_label(self.labels, smoothed)
            label = self.labels[index] if index is not None and step.speaking else None
            confidence = round(float(smoothed.max()), 4)
            agreed = round(agreement(p_per_model), 4)
        if not self.config.emits_estimates:
            return []
        start_ms = self._ms(max(0, step.end_sample - self._grid.length_samples))
        return [
            Estimate(
                **self._stamp(start_ms, self._ms(step.end_sample)),
                p=p,
                label=label,
                confidence=confidence,
                agreement=agreed,
                speech=step.speaking,
                level_dbfs=round(step.level_dbfs, 1),
            )
        ]

    def _count(self, step: Step, p_per_model: Probabilities, step_ms: float) -> tuple[Probabilities, int | None]:
        """Count a step in where it belongs; gives smoothed probabilities (K,) and the index of the label, if any."""
        p = logarithmic_pool(p_per_model, self._weights)
        smoothed, index = self._smoother.push(p, step_ms)
        if self._utterance:  # so that a whole file weighs what its utterances weigh
            for mean in (self._utterance[1], self._whole_mean):
                mean.add(p, step.window_speech_samples)
        if step.speaking and index is not None:
            self._label_ms[self.labels[index]] += step_ms
        return smoothed, index

    def _start_utterance(self, change: SpeechChange) -> UtteranceStart:
        start_ms = self._ms(change.at_sample)
        self._utterance = (start_ms, self._new_mean())
        return UtteranceStart(**self._stamp(start_ms, self._ms(change.known_at)))

    def _end_utterance(self, end_ms: float, voice: VoiceStatistics | None) -> list[Event]:
        if self._utterance is None:
            return []
        (start_ms, mean), self._utterance = self._utterance, None
        self._speech_ms += end_ms - start_ms
        prediction = mean.prediction()
        stamp = self._stamp(start_ms, end_ms)
        return [
            Utterance(
                **stamp,
                p=prediction.p,
                label=prediction.label,
                confidence=prediction.confidence,
                voice=self._voice_reader.push(voice, prediction.p) if voice else None,
            )
        ]

    def _new_mean(self) -> UtteranceMean:
        at = self.config.utterance_threshold
        return UtteranceMean(self.labels, self.config.smoothing.on_threshold if at is None else at)

    def _ms(self, sample: int) -> float:
        return self._segment.start_ms + 1000 * sample / SAMPLE_RATE_HZ

    def _stamp(self, start_ms: float, end_ms: float) -> Stamp:
        self._last_seq += 1
        return Stamp(seq=self._last_seq, stream=self._stream, t_start_ms=round(start_ms), t_end_ms=round(end_ms))
