"""What lies behind the audio of a stream: speech changes and steps in, events out, wherever the steps come from."""

from collections.abc import Iterable, Sequence

from emostream.events import Estimate, Event, Hello, ModelBrief, Stamp, Summary, Utterance, UtteranceStart
from emostream.features.arrays import Probabilities
from emostream.inference.batching import Requests
from emostream.inference.ensemble import Ensemble
from emostream.inference.model import EmotionModel
from emostream.inference.probabilities import agreement, logarithmic_pool
from emostream.inference.profile import SpeakerProfile
from emostream.inference.speaker import enrolment_moods
from emostream.inference.step import Step
from emostream.inference.vad import SAMPLE_RATE_HZ, SpeechChange
from emostream.pipeline.config import StreamConfig
from emostream.pipeline.observer import StreamObserver
from emostream.pipeline.smoothing import Smoother
from emostream.pipeline.utterance import UtteranceMean, by_label
from emostream.voice.arousal import ArousalFormula
from emostream.voice.meter import VoiceStatistics
from emostream.voice.reader import VoiceReader


class StepStream:
    """The ensemble, smoothing and utterances of one voice, from steps that somebody else cuts.

    The arguments are those of ``EmotionStream``, which makes the steps from audio; a recorded session has them without.
    """

    def __init__(
        self,
        models: Sequence[EmotionModel],
        *,
        config: StreamConfig,
        profile: SpeakerProfile | None = None,
        arousal: ArousalFormula | None = None,
        stream: str = "audio",
        source: str = "",
        notice: str | None = None,
        observer: StreamObserver | None = None,
    ) -> None:
        self.config = config
        self.ensemble = Ensemble(models, config.adaptation, profile, shortest_speech_ms=config.shortest_speech_ms)
        self._models = tuple(models)
        self._weights = config.weights or (1 / len(models),) * len(models)
        if len(self._weights) != len(models):
            raise ValueError(f"got {len(self._weights)} weights for {len(models)} models")
        self.labels = models[0].card.labels
        self._grid = models[0].card.grid()
        self._speaker = profile.name if profile else None
        self._voice_reader = VoiceReader(arousal if arousal and arousal.knows(self.labels) else None)
        self.name, self._source, self._notice = stream, source, notice
        self._observer = observer
        self.reset()

    def reset(self) -> None:
        """Forget all steps: what follows is as from a new stream, which ``start_segment`` begins."""
        self.last_seq = -1
        self._smoother = Smoother(self.config.smoothing)
        self.ensemble.reset()
        self._voice_reader.reset()
        self._utterance: tuple[float, UtteranceMean] | None = None
        self._whole_mean = self._new_mean()
        self._speech_ms = 0.0
        self._label_ms = dict.fromkeys(self.labels, 0.0)

    @property
    def model_briefs(self) -> tuple[ModelBrief, ...]:
        """The cards of its models in short."""
        return tuple(model.card.brief() for model in self._models)

    def hello(self) -> Hello:
        """The event that opens a stream; ask for it once, before the first step."""
        card = self._models[0].card
        hello = Hello(
            **self.stamp(0, 0),
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
        if self._observer is not None:
            self._observer.open(hello)
        return hello

    def start_segment(self, start_ms: float) -> None:
        """What follows counts its samples from ``start_ms`` on."""
        self._start_ms = start_ms
        self._last_end_sample = 0
        self.ensemble.start_segment()
        self._smoother.reset()
        if self._observer is not None:
            self._observer.start_segment(start_ms)

    def push_requests(self, items: Iterable[SpeechChange | Step]) -> Requests[list[Event]]:
        """Take what comes next, in the order of time, and give the events that it completes."""
        events: list[Event] = []
        for item, outputs in (yield from self.ensemble.predict(items)):
            if self._observer is not None:
                self._observer.push(item, outputs)
            if isinstance(item, Step):
                events += self._end_step(item, outputs.p if outputs else None)
            elif item.speaking:
                events.append(self._start_utterance(item))
            else:
                events += self._end_utterance(self._ms(item.at_sample), item.voice)
        return events

    def summary(self, clock_ms: float) -> Summary:
        """The prediction over all speech so far; the stream has lasted for ``clock_ms``."""
        prediction = self._whole_mean.prediction()
        stamp = self.stamp(0, clock_ms)
        named_ms = sum(self._label_ms.values())
        return Summary(
            **stamp,
            source=self._source,
            p=prediction.p,
            label=prediction.label,
            confidence=prediction.confidence,
            seconds=stamp["t_end_ms"] / 1000,
            speech_seconds=round(self._speech_ms / 1000, 3),
            share={label: round(ms / named_ms, 4) if named_ms else 0.0 for label, ms in self._label_ms.items()},
        )

    def stamp(self, start_ms: float, end_ms: float) -> Stamp:
        """The stamp of the next event."""
        self.last_seq += 1
        return Stamp(seq=self.last_seq, stream=self.name, t_start_ms=round(start_ms), t_end_ms=round(end_ms))

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
                **self.stamp(start_ms, self._ms(step.end_sample)),
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
        return UtteranceStart(**self.stamp(start_ms, self._ms(change.known_at)))

    def _end_utterance(self, end_ms: float, voice: VoiceStatistics | None) -> list[Event]:
        if self._utterance is None:
            return []
        (start_ms, mean), self._utterance = self._utterance, None
        self._speech_ms += end_ms - start_ms
        prediction = mean.prediction()
        stamp = self.stamp(start_ms, end_ms)
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
        return self._start_ms + 1000 * sample / SAMPLE_RATE_HZ
