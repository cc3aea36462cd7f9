"""Many streams of one kind: the same models and the same decisions, each stream with a state of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from emostream.errors import UsageError
from emostream.inference.model import EmotionModel
from emostream.inference.profile import SpeakerProfile
from emostream.inference.speaker import AdaptationConfig
from emostream.inference.vad import VoiceActivityModel
from emostream.pipeline.config import StreamConfig
from emostream.pipeline.observer import StreamObserver
from emostream.pipeline.reliability import Reliability
from emostream.pipeline.smoothing import SmoothingConfig
from emostream.pipeline.step_stream import StepStream
from emostream.pipeline.stream import EmotionStream
from emostream.voice.arousal import ArousalFormula

# A label is kept a little below the probability that shows it, or it would come and go with every breath.
KEPT_BELOW = 0.05
LEAST_RIGHT, MOST_RIGHT = 0.25, 1.0


@dataclass(frozen=True)
class StreamFactory:
    """Everything that a stream is made of, save the audio."""

    models: Sequence[EmotionModel]
    vad_model: VoiceActivityModel
    config: StreamConfig
    profile: SpeakerProfile | None = None
    arousal: ArousalFormula | None = None

    def stream(
        self,
        input_hz: int,
        *,
        stream: str,
        source: str,
        notice: str | None = None,
        observer: StreamObserver | None = None,
    ) -> EmotionStream:
        """A stream of audio at ``input_hz``, by its name, from a source by its name for people, with its notice."""
        return EmotionStream(
            self.models,
            self.vad_model,
            input_hz,
            config=self.config,
            profile=self.profile,
            arousal=self.arousal,
            stream=stream,
            source=source,
            notice=notice,
            observer=observer,
        )

    def step_stream(self) -> StepStream:
        """A stream of steps that were cut before, as from a recorded session."""
        return StepStream(self.models, config=self.config, profile=self.profile, arousal=self.arousal)

    def with_profile(self, profile: SpeakerProfile | None, *, emits_estimates: bool = True) -> "StreamFactory":
        """The same for another speaker."""
        return replace(self, profile=profile, config=replace(self.config, emits_estimates=emits_estimates))


def stream_config(
    models: Sequence[EmotionModel], reliability: Reliability | None, be_right: float | None, *, drift: bool = True
) -> StreamConfig:
    """How a stream of these models decides, given their figures and the wish to be right so often.

    ``be_right`` is a share above ``LEAST_RIGHT`` and below ``MOST_RIGHT``, or None. Raises ``UsageError`` for another
    one, for one without figures, and for one that no speaker has reached.
    """
    if be_right is not None and not LEAST_RIGHT < be_right < MOST_RIGHT:
        raise UsageError(
            f"found {be_right:g} for --be-right, expected a share above {LEAST_RIGHT:g} and below {MOST_RIGHT:g}, "
            "such as 0.8"
        )
    adaptation = AdaptationConfig(drift=drift)
    if reliability is None:
        if be_right is not None:
            raise UsageError(
                "--be-right needs figures of how often these models are right, and there are none: name them with "
                "--reliability FILE, or leave --be-right out"
            )
        return StreamConfig(adaptation=adaptation)
    weights = reliability.weights_of(model.card.identity() for model in models)
    if be_right is None:
        return StreamConfig(adaptation=adaptation, weights=weights)
    certainty = reliability.certainty(be_right)
    on_threshold = certainty.confidence
    return StreamConfig(
        smoothing=SmoothingConfig(on_threshold=on_threshold, off_threshold=max(0.0, on_threshold - KEPT_BELOW)),
        adaptation=adaptation,
        weights=weights,
        utterance_threshold=reliability.utterances.threshold(be_right).confidence,
        certainty=certainty,
    )
