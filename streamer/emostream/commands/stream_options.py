"""What commands that judge voices have in common: by which models, whose voice, and how sure a label must be."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emostream import assets
from emostream.commands.settings import Settings
from emostream.errors import UsageError
from emostream.inference.model import EmotionModel
from emostream.inference.speaker import AdaptationConfig, SpeakerProfile
from emostream.inference.vad import VoiceActivityModel
from emostream.pipeline.reliability import Reliability
from emostream.pipeline.smoothing import SmoothingConfig
from emostream.pipeline.stream import EmotionStream, StreamConfig
from emostream.profiles import Speakers

LEAST_RIGHT, MOST_RIGHT = 0.25, 1.0
# A label is kept a little below where it is named, or it would come and go with every breath.
KEPT_BELOW = 0.05


def add_model_argument(parser: argparse.ArgumentParser) -> None:
    """The option of every command that runs models."""
    parser.add_argument(
        "--model", action="append", type=Path, help="an .onnx file; repeat it for several to be averaged"
    )


def add_stream_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The options of every command that judges voices."""
    get = settings.get
    add_model_argument(parser)
    parser.add_argument(
        "--speaker",
        metavar="NAME",
        default=get("speaker", None),
        help="whose voice it is, of those whom 'emostream enrol' knows",
    )
    parser.add_argument(
        "--drift",
        action=argparse.BooleanOptionalAction,
        default=get("drift", True, bool),
        help="follow slowly how the voice speaks on the whole",
    )
    parser.add_argument(
        "--be-right",
        type=float,
        metavar="SHARE",
        default=get("be_right", None, float),
        help="show only labels that are right this often on strangers, such as 0.8",
    )
    parser.add_argument(
        "--reliability",
        type=Path,
        metavar="FILE",
        default=get("reliability", None, Path),
        help="how often the models of --model are right, as 'emostream evaluate' measured it",
    )


@dataclass(frozen=True)
class StreamFactory:
    """Everything that a stream is made of, save the audio."""

    models: list[EmotionModel]
    vad_model: VoiceActivityModel
    config: StreamConfig
    profile: SpeakerProfile | None

    def stream(self, input_hz: int, *, stream: str, source: str) -> EmotionStream:
        """A stream of audio at ``input_hz``."""
        return EmotionStream(
            self.models,
            self.vad_model,
            input_hz,
            config=self.config,
            profile=self.profile,
            stream=stream,
            source=source,
        )


def load_stream_factory(arguments: argparse.Namespace) -> StreamFactory:
    """What the options name. Raises an ``EmostreamError`` for what is not there or does not go together."""
    be_right = arguments.be_right
    if be_right is not None and not LEAST_RIGHT < be_right < MOST_RIGHT:
        raise UsageError(
            f"found {be_right:g} for --be-right, expected a share above {LEAST_RIGHT:g} and below {MOST_RIGHT:g}, "
            "such as 0.8"
        )
    profile = Speakers().load(arguments.speaker) if arguments.speaker else None
    models = assets.load_models(arguments.model)
    config = stream_config(models, _reliability(arguments, models), be_right, drift=arguments.drift)
    return StreamFactory(models, assets.load_vad_model(), config, profile)


def stream_config(
    models: Sequence[EmotionModel], reliability: Reliability | None, be_right: float | None, *, drift: bool = True
) -> StreamConfig:
    """How a stream of these models decides with these figures and this wish.

    Raises ``UsageError`` for a wish without figures.
    """
    baseline = AdaptationConfig(drift=drift)
    if reliability is None:
        if be_right is not None:
            raise UsageError(
                "--be-right needs figures of how often these models are right, and there are none: name them with "
                "--reliability FILE, or leave --be-right out"
            )
        return StreamConfig(baseline=baseline)
    weights = reliability.weights_of(model.card.identity() for model in models)
    if be_right is None:
        return StreamConfig(baseline=baseline, weights=weights)
    certainty = reliability.certainty(be_right)
    on_threshold = certainty.confidence
    return StreamConfig(
        smoothing=SmoothingConfig(on_threshold=on_threshold, off_threshold=max(0.0, on_threshold - KEPT_BELOW)),
        baseline=baseline,
        weights=weights,
        verdict_at=reliability.utterances.threshold(be_right).confidence,
        certainty=certainty,
    )


def _reliability(arguments: argparse.Namespace, models: list[EmotionModel]) -> Reliability | None:
    if arguments.reliability:
        return assets.load_reliability(models, arguments.reliability)
    if arguments.model or not assets.RELIABILITY.is_file():
        return None
    return assets.load_reliability(models, assets.RELIABILITY)
