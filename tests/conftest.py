"""What several test files share: real speech, the voice activity network, and two tiny emotion models."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, settings

from emostream import assets
from emostream.audio import Samples
from emostream.events import Event
from emostream.inference.model import EmotionModel
from emostream.inference.vad import VoiceActivityModel
from tests.support.streams import Parts
from tests.support.tiny_models import LABELS, MFCC_SPEC, tiny_card, write_model
from tests.support.virtual_microphone import VirtualMicrophone

# On a busy machine torch's threads wait for one another far longer than they work. It is read when torch is imported.
os.environ["OMP_NUM_THREADS"] = "1"
# Consoles that tests make are as wide and as coloured as the test says, not as a terminal or a CI job asks.
for _name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS", "LINES"):
    os.environ.pop(_name, None)
os.environ["TERM"] = "xterm-256color"


# What starts processes, browsers, servers or sound systems, or trains: `make check` leaves it out.
SLOW = (
    "tests/emostream/archive/test_results.py",
    "tests/emostream/batch/test_workers.py",
    "tests/emostream/commands",
    "tests/emostream/server/test_access.py",
    "tests/emostream/server/test_client_audio.py",
    "tests/emostream/server/test_hostile.py",
    "tests/emostream/server/test_http.py",
    "tests/emostream/server/test_server.py",
    "tests/emostream/sinks/test_mqtt.py",
    "tests/emostream/sources/test_devices.py",
    "tests/emostream/sources/test_microphone.py",
    "tests/emostream/sources/test_recorder.py",
    "tests/emostream/test_api.py",
    "tests/emostream/test_cli.py",
    "tests/emostream/test_client.py",
    "tests/emostream/test_clients.py",
    "tests/emostream/test_conformance.py",
    "tests/emostream/timelines/pictures/test_page.py",
    "tests/emostream/widget",
    "tests/emostream_export",
    "tests/emostream_trainer/commands",
    "tests/emostream_trainer/corpora/test_inspection.py",
    "tests/emostream_trainer/evaluation",
    "tests/emostream_trainer/networks",
    "tests/emostream_trainer/training",
    "tests/test_documents.py",
    "tests/test_imports.py",
    "tests/test_wheel.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow, by the place of its file."""
    for item in items:
        place = item.path.relative_to(Path(__file__).parents[1]).as_posix()
        if place.startswith(SLOW):
            item.add_marker(pytest.mark.slow)


# How long an example takes says more of what else the machine does than of the code.
# The same examples each time, as far as the same modules are loaded: what newcomers run must not fail by chance.
# "long" looks for others.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile("long", settings.get_profile("patient"), max_examples=5_000, derandomize=False)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def recording() -> Samples:
    """The demo recording: 35.2 s at 16 kHz, eight sentences between nine pauses."""
    samples, sample_rate_hz = soundfile.read(assets.DEMO_RECORDING, dtype="float32")
    assert sample_rate_hz == 16_000
    return np.asarray(samples, np.float32)


@pytest.fixture(scope="session")
def vad_model() -> VoiceActivityModel:
    return assets.load_vad_model()


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


@pytest.fixture(scope="session")
def summarised_paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The tiny models with summaries, of each label's score, which an offset is taken off."""
    folder = tmp_path_factory.mktemp("summarised")
    means = {"neutral_summary": (0.0, 0.5, 0.0, 0.0), "speech_summary": (0.25, 0.25, 0.0, 0.0)}
    return [
        write_model(folder / "mel.onnx", tiny_card(name="tiny_mel", **means), seed=17),
        write_model(folder / "mfcc.onnx", tiny_card(name="tiny_mfcc", features=MFCC_SPEC, **means), seed=18),
    ]


@pytest.fixture(scope="session")
def mood_paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The same with the mean summary of each label's speech in their cards."""
    folder = tmp_path_factory.mktemp("moods")
    zeros = (0.0,) * len(LABELS)
    means = {"neutral_summary": zeros, "speech_summary": zeros, "label_summaries": (zeros,) * len(LABELS)}
    return [
        write_model(folder / "mel.onnx", tiny_card(name="tiny_mel", **means), seed=17),
        write_model(folder / "mfcc.onnx", tiny_card(name="tiny_mfcc", features=MFCC_SPEC, **means), seed=18),
    ]


@pytest.fixture(scope="session")
def parts(tiny_models: list[EmotionModel], vad_model: VoiceActivityModel) -> Parts:
    return Parts(tiny_models, vad_model)


@pytest.fixture(scope="session")
def whole_events(parts: Parts, recording: Samples) -> list[Event]:
    """All events of the recording."""
    return parts.whole(recording)


@pytest.fixture(scope="session")
def model_arguments() -> list[str]:
    """What the commands under test are given as models: nothing, so that they take the shipped ones."""
    return []


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of the real corpora, for tests that are marked so."""
    if "EMOSTREAM_CORPORA" not in os.environ:
        pytest.fail("found no EMOSTREAM_CORPORA in the environment, expected the folder with clips.tsv: set it")
    return Path(os.environ["EMOSTREAM_CORPORA"])


@pytest.fixture
def microphone() -> Iterator[VirtualMicrophone]:
    with VirtualMicrophone() as microphone:
        yield microphone


@pytest.fixture
def microphone_here(microphone: VirtualMicrophone, monkeypatch: pytest.MonkeyPatch) -> VirtualMicrophone:
    """The same microphone, for this process."""
    for name, value in microphone.env.items():
        monkeypatch.setenv(name, value)
    return microphone
