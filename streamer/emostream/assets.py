"""What comes with emostream: the shipped models, the voice activity detector and the demo recording."""

import logging
from pathlib import Path

from emostream.errors import ModelError
from emostream.inference.model import EmotionModel
from emostream.inference.profile import SpeakerProfile
from emostream.inference.vad import VoiceActivityModel
from emostream.pipeline.factory import StreamFactory, stream_config
from emostream.pipeline.reliability import Reliability, decode_reliability
from emostream.voice.arousal import ArousalFormula, decode_arousal

_PACKAGE = Path(__file__).parent
# A wheel carries these folders inside the package; in a checkout they stand beside it.
_ROOT = _PACKAGE / "bundled" if (_PACKAGE / "bundled").is_dir() else _PACKAGE.parent.parent

MODELS = _ROOT / "models"
DEMO_RECORDING = _ROOT / "demo" / "recording.flac"
SHIPPED = ("whisper.onnx", "mel_cnn2d.onnx")
# Of 16 and of 8 kHz.
VAD_MODELS = ("silero_vad.onnx", "silero_vad_8k.onnx")
RELIABILITY = MODELS / "reliability.json"
AROUSAL = MODELS / "arousal.json"

_logger = logging.getLogger(__name__)


def model_paths() -> list[Path]:
    """The shipped emotion models, by name; what else lies beside them is no part of the ensemble."""
    return [MODELS / name for name in SHIPPED if (MODELS / name).is_file()]


def vad_paths() -> list[Path]:
    """The networks of the voice activity detector, for 16 and for 8 kHz."""
    return [MODELS / name for name in VAD_MODELS]


def files_of(path: Path) -> list[Path]:
    """A model's file, or all models of a folder by name. Raises ``ModelError`` for a folder without any."""
    if not path.is_dir():
        return [path]
    found = sorted(path.glob("*.onnx"))
    if not found:
        raise ModelError(f"{path} is a folder without models: expected .onnx files in it")
    return found


def load_models(paths: list[Path] | None = None) -> list[EmotionModel]:
    """These models, those of a folder among them, or the shipped ones. Raises ``ModelError``."""
    found = [file for path in paths for file in files_of(path)] if paths else model_paths()
    if not found:
        raise ModelError(f"no model in {MODELS}: name one with --model, or train and export one")
    models = [EmotionModel.load(path) for path in found]
    for model in models:
        _logger.info("the model %s/%s %s is loaded", model.card.name, model.card.variant, model.card.version)
    return models


def load_reliability(models: list[EmotionModel], path: Path) -> Reliability:
    """The figures in a file, which must be those of ``models``. Raises ``ModelError``."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}): expected the models' reliability") from error
    reliability = decode_reliability(data, str(path))
    reliability.require_models((model.card.identity() for model in models), str(path))
    return reliability


def load_arousal() -> ArousalFormula:
    """The formula of arousal. Raises ``ModelError``."""
    try:
        data = AROUSAL.read_bytes()
    except OSError as error:
        raise ModelError(f"{AROUSAL} cannot be read ({error.strerror}): expected the formula of arousal") from error
    return decode_arousal(data, str(AROUSAL))


def load_vad_model() -> VoiceActivityModel:
    """The networks of the voice activity detector. Raises ``ModelError``."""
    return VoiceActivityModel(*vad_paths())


def load_stream_factory(
    models: list[Path] | None = None,
    *,
    reliability: Path | None = None,
    profile: SpeakerProfile | None = None,
    be_right: float | None = None,
    drift: bool = True,
) -> StreamFactory:
    """All that streams are made of: these models or the shipped ones, with the figures that belong to them.

    Raises an ``EmostreamError`` for what is not there or does not go together.
    """
    loaded = load_models(models)
    if reliability is None and not models and RELIABILITY.is_file():
        reliability = RELIABILITY
    figures = load_reliability(loaded, reliability) if reliability else None
    config = stream_config(loaded, figures, be_right, drift=drift)
    return StreamFactory(loaded, load_vad_model(), config, profile, load_arousal())
