"""What comes with emostream: the shipped models, the speech gate and the demo recording."""

from pathlib import Path

from emostream.errors import ModelError
from emostream.inference.model import EmotionModel
from emostream.inference.vad import VoiceActivityModel
from emostream.pipeline.reliability import Reliability, decode_reliability

_PACKAGE = Path(__file__).parent
# A wheel carries these folders inside the package; in a checkout they stand beside it.
_ROOT = _PACKAGE / "bundled" if (_PACKAGE / "bundled").is_dir() else _PACKAGE.parent.parent

MODELS = _ROOT / "models"
DEMO_RECORDING = _ROOT / "demo" / "recording.flac"
VAD_MODEL = "silero_vad.onnx"
RELIABILITY = MODELS / "reliability.json"


def model_paths() -> list[Path]:
    """The shipped emotion models, by name."""
    return sorted(path for path in MODELS.glob("*.onnx") if path.name != VAD_MODEL)


def load_models(paths: list[Path] | None = None) -> list[EmotionModel]:
    """These models, or the shipped ones. Raises ``ModelError``."""
    found = paths or model_paths()
    if not found:
        raise ModelError(f"no model in {MODELS}: name one with --model, or train and export one")
    return [EmotionModel.load(path) for path in found]


def load_reliability(models: list[EmotionModel], path: Path) -> Reliability:
    """The figures in a file, which must be those of ``models``. Raises ``ModelError``."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}): expected the models' reliability") from error
    reliability = decode_reliability(data, str(path))
    reliability.demand_models((model.card.identity() for model in models), str(path))
    return reliability


def load_vad_model() -> VoiceActivityModel:
    """The network behind the speech gate. Raises ``ModelError``."""
    return VoiceActivityModel(MODELS / VAD_MODEL)
