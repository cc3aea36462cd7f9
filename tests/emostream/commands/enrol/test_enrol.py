"""``emostream enrol``: from recordings and from a real sound server's microphone, and what it refuses."""

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from emostream.assets import DEMO_RECORDING
from emostream.audio import Samples
from emostream.errors import NO_INPUT, UNAVAILABLE, USAGE
from emostream.events import Hello
from emostream.inference.profile import SpeakerProfile
from emostream.profiles import Speakers
from tests.support import commands
from tests.support.commands import assert_refused
from tests.support.processes import COMMAND, ROOT, TIMEOUT_S, assert_one_line, emostream, environment, events_of
from tests.support.streams import HZ, of_type
from tests.support.virtual_microphone import VirtualMicrophone

MICROPHONE_HZ = 44_100
FRAME = 1600  # 100 ms
QUIET = 10 ** (-50 / 20)


@pytest.fixture(scope="module")
def models(summarised_paths: list[Path]) -> list[object]:
    return [word for path in summarised_paths for word in ("--model", path)]


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {"XDG_DATA_HOME": str(tmp_path)}


@pytest.fixture(scope="module")
def microphone() -> Iterator[VirtualMicrophone]:
    with VirtualMicrophone(MICROPHONE_HZ) as microphone:
        yield microphone


@pytest.fixture(scope="module")
def sound(recording: Samples) -> np.ndarray:
    """The recording without its pauses: a microphone takes as long as it lasts."""
    frames = recording[: len(recording) // FRAME * FRAME].reshape(-1, FRAME)
    speech = frames[np.sqrt(np.mean(frames**2, axis=1)) > QUIET].ravel()
    resampled = soxr.resample(speech, HZ, MICROPHONE_HZ)
    return np.clip(resampled * 32_767, -32_768, 32_767).astype(np.int16)


def people(home: dict[str, str]) -> Speakers:
    return Speakers(Path(home["XDG_DATA_HOME"]) / "emostream" / "speakers")


def enrolled(home: dict[str, str], name: str = "Ada") -> SpeakerProfile:
    return people(home).load(name)


def test_from_a_recording_to_a_label(home: dict[str, str], models: list[object]) -> None:
    ended = emostream("enrol", "Ada", DEMO_RECORDING, *models, env=home)
    assert (ended.returncode, ended.stderr) == (0, "")
    path = Path(home["XDG_DATA_HOME"]) / "emostream" / "speakers" / "Ada.json"
    assert f"stored as numbers, without the sound, in {path}" in ended.stdout
    assert 20 < enrolled(home).seconds < 26
    assert path.stat().st_size < 2_000
    assert {"name", "seconds", "models", "schema"} == set(json.loads(path.read_bytes()))

    plain = emostream("file", "--format", "jsonl", *models, DEMO_RECORDING, env=home)
    known = emostream("file", "--format", "jsonl", "--speaker", "Ada", *models, DEMO_RECORDING, env=home)
    assert (known.returncode, known.stderr) == (0, "")
    assert [event.speaker for event in of_type(events_of(known.stdout), Hello)] == ["Ada"]
    assert known.stdout.splitlines()[10:] != plain.stdout.splitlines()[10:]

    live = emostream("listen", "-", "--speaker", "Ada", *models, stdin=bytes(2 * HZ), env=home)
    assert [event.speaker for event in of_type(events_of(live.stdout), Hello)] == ["Ada"]

    alone = emostream("file", "--speaker", "Ada", *models[:2], DEMO_RECORDING, env=home)
    assert (alone.returncode, alone.stderr) == (0, ""), "a profile of two models serves each of them"
    again = commands.emostream("enrol", "Ada", DEMO_RECORDING, *models, env=home)
    assert_refused(again, USAGE, "Ada is enrolled already", "--force")

    forced = commands.emostream("enrol", "Ada", DEMO_RECORDING, DEMO_RECORDING, *models, "--force", env=home)
    assert forced.code == 0
    assert enrolled(home).seconds > 40

    shown = commands.emostream("enrol", "--list", env=home)
    assert shown.code == 0
    assert "Ada" in shown.out
    assert "tiny_mel/test, tiny_mfcc/test" in shown.out
    assert "Ada was heard by other models: 'emostream enrol Ada --moods --force' enrols anew" in shown.out
    assert "other models" not in commands.emostream("enrol", "--list", *models, env=home).out
    assert commands.emostream("enrol", "Ada", "--delete", env=home).out == "Ada is forgotten\n"
    assert people(home).names() == []
    assert "nobody is enrolled" in commands.emostream("enrol", "--list", env=home).out


def test_from_a_pipe_until_enough_was_said(home: dict[str, str], models: list[object], recording: Samples) -> None:
    pcm = (np.concatenate([recording, recording]) * 32_767).astype("<i2").tobytes()
    ended = emostream("enrol", "Ada", "-", *models, env=home, stdin=pcm)
    assert ended.returncode == 0, ended.stderr
    assert 20 <= enrolled(home).seconds < 21
    both = commands.emostream("enrol", "Eve", "-", DEMO_RECORDING, *models, env=home)
    assert_refused(both, USAGE, "found - among recordings: expected either raw PCM on standard input or sound files")


def test_too_little_speech_is_not_stored(home: dict[str, str], models: list[object], tmp_path: Path) -> None:
    soundfile.write(tmp_path / "hum.wav", np.zeros(10 * HZ, np.float32), HZ)
    ended = commands.emostream("enrol", "Ada", tmp_path / "hum.wav", *models, env=home)
    assert ended.out == ""
    assert_refused(ended, NO_INPUT, "heard 0.0 s of speech, expected 5 s or more: nothing was stored")
    assert people(home).names() == []


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["enrol"], USAGE, "no name was given: expected 'emostream enrol NAME'"),
        (["enrol", "../Ada"], USAGE, "found '../Ada' for the name of a speaker"),
        (["enrol", "Ada", "--delete"], USAGE, "Ada is not enrolled"),
        (["enrol", "Ada", "none.wav"], NO_INPUT, "none.wav"),
        (["file", "x.wav", "--speaker", "Ada"], USAGE, "Ada is not enrolled"),
        (["file", "x.wav", "--be-right", "2"], USAGE, "found 2 for --be-right"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_one_line(
    arguments: list[str], code: int, said: str, home: dict[str, str], models: list[object]
) -> None:
    ended = commands.emostream(*arguments, *models, env=home)
    assert ended.out == ""
    assert_refused(ended, code, said)


def test_without_a_microphone_it_is_one_line(home: dict[str, str], models: list[object]) -> None:
    ended = emostream("enrol", "Ada", *models, env=home)
    assert (ended.returncode, ended.stdout) == (UNAVAILABLE, "")
    assert_one_line(ended.stderr)


def test_models_that_know_no_speaker_are_refused_before_anybody_speaks(
    home: dict[str, str], tiny_paths: list[Path]
) -> None:
    ended = commands.emostream("enrol", "Ada", "--model", tiny_paths[0], env=home)
    assert_refused(ended, 1, "tiny_mel/test cannot take a speaker into account")


class TestMicrophone:
    def test_it_ends_by_itself_once_enough_was_said(
        self, microphone: VirtualMicrophone, sound: np.ndarray, home: dict[str, str], models: list[object]
    ) -> None:
        microphone.play(np.concatenate([sound, sound]))
        ended = emostream("enrol", "Ada", *models, env={**home, **microphone.env})
        assert ended.returncode == 0, ended.stderr
        assert "Say a few ordinary sentences" in ended.stderr
        assert "20 of 20 s of speech" in ended.stderr
        assert 20 <= enrolled(home).seconds < 21

    def test_ctrl_c_before_enough_was_said_stores_nothing(
        self, microphone: VirtualMicrophone, home: dict[str, str], models: list[object]
    ) -> None:
        command = [*COMMAND, "enrol", "Ada", *map(str, models)]
        env = environment({**home, **microphone.env})
        with subprocess.Popen(command, stderr=subprocess.PIPE, env=env, cwd=ROOT, text=True) as process:
            assert process.stderr is not None
            said = process.stderr.readline()
            process.send_signal(signal.SIGINT)
            rest = process.stderr.read()
            assert process.wait(TIMEOUT_S) == NO_INPUT
        assert "Say a few ordinary sentences" in said
        assert "expected 5 s or more: nothing was stored" in rest
        assert "Traceback" not in rest
        assert people(home).names() == []
