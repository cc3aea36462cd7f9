"""What several test files share: real speech, the speech gate's network, and two tiny emotion models."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from streamer import bundled
from streamer.audio import Samples
from streamer.model import EmotionModel
from streamer.speech import SpeechModel
from tests.tiny_models import MFCC_SPEC, tiny_card, write_model


@pytest.fixture(scope="session")
def recording() -> Samples:
    """The demo recording: 35.7 s at 16 kHz, eight sentences between nine pauses."""
    samples, sample_rate_hz = soundfile.read(bundled.DEMO_RECORDING, dtype="float32")
    assert sample_rate_hz == 16_000
    return np.asarray(samples, np.float32)


@pytest.fixture(scope="session")
def speech_model() -> SpeechModel:
    return bundled.load_speech_model()


@pytest.fixture(scope="session")
def tiny_paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two model files that can listen together, with different features; on the recording they name several labels."""
    folder = tmp_path_factory.mktemp("models")
    return [
        write_model(folder / "mel.onnx", tiny_card(name="tiny_mel"), seed=17),
        write_model(folder / "mfcc.onnx", tiny_card(name="tiny_mfcc", features=MFCC_SPEC), seed=18),
    ]


@pytest.fixture(scope="session")
def tiny_models(tiny_paths: list[Path]) -> list[EmotionModel]:
    return [EmotionModel.load(path) for path in tiny_paths]
