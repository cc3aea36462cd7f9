"""How a stream decides: the settings of all its stages in one frozen object."""

from dataclasses import dataclass, field

from emostream.events import Certainty
from emostream.inference.speaker import AdaptationConfig
from emostream.inference.vad import VoiceActivityConfig
from emostream.pipeline.smoothing import SmoothingConfig


@dataclass(frozen=True, slots=True)
class StreamConfig:
    """How a stream decides.

    A window gets an estimate once it holds ``shortest_speech_ms`` of speech. ``weights`` are those of
    ``logarithmic_pool``, one for each model; empty, they are equal and sum to 1. Utterances and whole files get a label
    from the probability ``utterance_threshold`` on; None stands for the threshold of steps.
    ``certainty`` is what these thresholds were measured to cost, for ``hello``. Without ``emits_estimates`` a stream
    has all other events alone.
    """

    smoothing: SmoothingConfig = field(default_factory=SmoothingConfig)
    voice_activity: VoiceActivityConfig = field(default_factory=VoiceActivityConfig)
    adaptation: AdaptationConfig = field(default_factory=AdaptationConfig)
    shortest_speech_ms: int = 250
    weights: tuple[float, ...] = ()
    utterance_threshold: float | None = None
    certainty: Certainty | None = None
    emits_estimates: bool = True
