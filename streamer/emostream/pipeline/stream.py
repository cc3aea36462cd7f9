"""One listener's stream: blocks of audio in, events out. No clock, no thread, no input or output."""

from collections.abc import Iterable, Iterator, Sequence

from emostream.audio import AudioBlock, require_samples
from emostream.events import LOST, PAUSED, Event, Gap, Hello, ModelBrief, Stamp, Summary
from emostream.features.streams import FeatureStreams
from emostream.inference.batching import Requests, run_alone
from emostream.inference.model import EmotionModel
from emostream.inference.profile import SpeakerProfile
from emostream.inference.speaker import require_adaptation
from emostream.inference.vad import VoiceActivityDetector, VoiceActivityModel
from emostream.pipeline.config import StreamConfig
from emostream.pipeline.observer import StreamObserver
from emostream.pipeline.segment import Segment
from emostream.pipeline.step_stream import StepStream
from emostream.voice.arousal import ArousalFormula


class EmotionStream:
    """Audio of one voice in, events out; every listener has one of its own and they share the models.

    ``models`` must want the same labels, rate, window and step (``ModelError`` else). Times are milliseconds of audio
    since the first block, gaps included. ``profile`` is that of the person who speaks, if enrolled with these models
    (``ProfileError`` else). Without ``arousal``, and with other labels than that knows, utterances have none.
    ``observer`` is told what the networks see and give.
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
        observer: StreamObserver | None = None,
    ) -> None:
        self.config = config = config or StreamConfig()
        self._steps = StepStream(
            models,
            config=config,
            profile=profile,
            arousal=arousal,
            stream=stream,
            source=source,
            notice=notice,
            observer=observer,
        )
        self._models = tuple(models)
        self.labels = models[0].card.labels
        self._features = FeatureStreams([model.card.features for model in models])
        memory = models[0].card.grid().length_samples
        self._detector = VoiceActivityDetector(vad_model, config.voice_activity, memory, input_hz)
        self._input_hz = input_hz
        self.reset()

    @property
    def network_interval(self) -> int:
        """How many times more rarely than usual the networks run from now on; more than 1 changes what is predicted."""
        return self._steps.ensemble.network_interval

    @network_interval.setter
    def network_interval(self, interval: int) -> None:
        self._steps.ensemble.network_interval = interval

    def reset(self) -> None:
        """Forget all audio: what follows is as from a new stream."""
        self._next_sample: int | None = None
        self._first_sample = 0
        self._steps.reset()
        self._start_segment(0.0)

    def hello(self) -> Hello:
        """The event that opens a stream; ask for it once, before the first block."""
        return self._steps.hello()

    @property
    def model_briefs(self) -> tuple[ModelBrief, ...]:
        """The cards of its models in short."""
        return self._steps.model_briefs

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
        return events + (yield from self._steps.push_requests(self._segment.push(block.samples)))

    def flush_requests(self) -> Requests[list[Event]]:
        """Generator version of ``flush``."""
        events = yield from self._steps.push_requests(self._segment.flush())
        self._start_segment(self.clock_ms)
        return events

    def summary(self) -> Summary:
        """The prediction over all speech so far; call ``flush`` before."""
        return self._steps.summary(self.clock_ms)

    def profile(self, name: str) -> SpeakerProfile:
        """The speech so far as the profile of a person: mean summaries, without any audio.

        Raises ``ProfileError`` where no model has a summary of speech.
        """
        return self._steps.ensemble.profile(name)

    def start_profile(self) -> None:
        """A profile is of the speech from here on; all else goes on. Call ``flush`` before."""
        self._steps.ensemble.start_profile()

    def require_adaptation(self) -> None:
        """Raise ``ProfileError`` unless one of the models can take a speaker into account."""
        require_adaptation([model.card for model in self._models])

    @property
    def predicted_speech_s(self) -> float:
        """Seconds of speech that the models ran on: what a profile of now would be the mean of."""
        return self._steps.ensemble.speech_s

    @property
    def step_ms(self) -> int:
        """How often there is an estimate, in milliseconds of audio."""
        return self._models[0].card.step_ms

    def moment(self) -> Stamp:
        """The stamp of an event at the end of the audio so far, with the next number."""
        return self._steps.stamp(self.clock_ms, self.clock_ms)

    def present_moment(self) -> Stamp:
        """As ``moment``, with the number of the last event: for an event that is no part of the stream."""
        now_ms = round(self.clock_ms)
        return Stamp(seq=self._steps.last_seq, stream=self._steps.name, t_start_ms=now_ms, t_end_ms=now_ms)

    @property
    def clock_ms(self) -> float:
        """How far the stream's clock has come."""
        return 1000 * ((self._next_sample or 0) - self._first_sample) / self._input_hz

    def _start_segment(self, start_ms: float) -> None:
        self._segment = Segment(self._models, self._features, self._detector, self._input_hz)
        self._steps.start_segment(start_ms)

    def _gap(self, missing: int, paused: int) -> Requests[list[Event]]:
        """Close what came before the gap, say what was left out in a pause and what was lost, and go on behind it."""
        at_ms = self.clock_ms
        events = yield from self._steps.push_requests(self._segment.flush())
        for samples, reason in ((paused, PAUSED), (missing - paused, LOST)):
            if samples:
                length_ms = 1000 * samples / self._input_hz
                lost_ms = round(length_ms, 3) if reason == LOST else 0.0
                events.append(Gap(**self._steps.stamp(at_ms, at_ms + length_ms), lost_ms=lost_ms, reason=reason))
                at_ms += length_ms
        self._start_segment(at_ms)
        return events
