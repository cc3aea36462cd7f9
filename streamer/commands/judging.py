"""What commands that judge voices have in common: by which models, whose voice, and how sure a label must be."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from streamer import bundled
from streamer.baseline import BaselineConfig, SpeakerProfile
from streamer.errors import UsageError
from streamer.model import EmotionModel
from streamer.pipeline import EmotionStream, StreamConfig
from streamer.reliability import Reliability
from streamer.settings import Settings
from streamer.smoothing import SmoothingConfig
from streamer.speakers import Speakers
from streamer.speech import SpeechModel

LEAST_RIGHT, MOST_RIGHT = 0.25, 1.0
# A label is kept a little below where it is named, or it would come and go with every breath.
KEPT_BELOW = 0.05


def add_model_argument(parser: argparse.ArgumentParser) -> None:
    """The option of every command that runs models."""
    parser.add_argument(
        "--model", action="append", type=Path, help="an .onnx file; repeat it for several to be averaged"
    )


def add_judging_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
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
class Judges:
    """Everything that a stream is made of, save the audio."""

    models: list[EmotionModel]
    speech_model: SpeechModel
    config: StreamConfig
    profile: SpeakerProfile | None

    def stream(self, input_hz: int, *, stream: str, source: str) -> EmotionStream:
        """A stream of audio at ``input_hz``."""
        return EmotionStream(
            self.models,
            self.speech_model,
            input_hz,
            config=self.config,
            profile=self.profile,
            stream=stream,
            source=source,
        )


def load_judges(arguments: argparse.Namespace) -> Judges:
    """What the options name. Raises an ``EmostreamError`` for what is not there or does not go together."""
    be_right = arguments.be_right
    if be_right is not None and not LEAST_RIGHT < be_right < MOST_RIGHT:
        raise UsageError(
            f"found {be_right:g} for --be-right, expected a share above {LEAST_RIGHT:g} and below {MOST_RIGHT:g}, "
            "such as 0.8"
        )
    profile = Speakers().load(arguments.speaker) if arguments.speaker else None
    models = bundled.load_models(arguments.model)
    config = stream_config(models, _reliability(arguments, models), be_right, drift=arguments.drift)
    return Judges(models, bundled.load_speech_model(), config, profile)


def stream_config(
    models: Sequence[EmotionModel], reliability: Reliability | None, be_right: float | None, *, drift: bool = True
) -> StreamConfig:
    """How a stream of these models decides with these figures and this wish.

    Raises ``UsageError`` for a wish without figures.
    """
    baseline = BaselineConfig(drift=drift)
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
    name_at = certainty.confidence
    return StreamConfig(
        smoothing=SmoothingConfig(name_at=name_at, keep_at=max(0.0, name_at - KEPT_BELOW)),
        baseline=baseline,
        weights=weights,
        verdict_at=reliability.utterances.threshold(be_right).confidence,
        certainty=certainty,
    )


def _reliability(arguments: argparse.Namespace, models: list[EmotionModel]) -> Reliability | None:
    if arguments.reliability:
        return bundled.load_reliability(models, arguments.reliability)
    if arguments.model or not bundled.RELIABILITY.is_file():
        return None
    return bundled.load_reliability(models, bundled.RELIABILITY)
