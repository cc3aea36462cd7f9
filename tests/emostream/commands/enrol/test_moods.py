"""``emostream enrol`` by moods: from recordings, from a pipe, and at a terminal whose keys skip and go back."""

import shlex
from pathlib import Path

import numpy as np
import pytest
import soundfile

from emostream.audio import Samples
from emostream.errors import NO_INPUT, USAGE
from emostream.inference.profile import SpeakerProfile
from emostream.profiles import Speakers
from tests.support.commands import assert_refused, emostream
from tests.support.processes import COMMAND
from tests.support.processes import emostream as process
from tests.support.streams import HZ
from tests.support.terminal import Terminal
from tests.support.tiny_models import tiny_card, write_model
from tests.support.virtual_microphone import VirtualMicrophone

IN_ORDER = ("neutral", "angry", "happy", "sad")


@pytest.fixture(scope="module")
def models(mood_paths: list[Path]) -> list[object]:
    return [word for path in mood_paths for word in ("--model", path)]


@pytest.fixture(scope="module")
def neutral_only(summarised_paths: list[Path]) -> list[object]:
    return [word for path in summarised_paths for word in ("--model", path)]


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {"XDG_DATA_HOME": str(tmp_path)}


@pytest.fixture(scope="module")
def sentences(recording: Samples, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Six pieces of the recording of about six seconds."""
    folder = tmp_path_factory.mktemp("sentences")
    paths = [folder / f"{i}.wav" for i in range(6)]
    for path, piece in zip(paths, np.array_split(recording, 6), strict=True):
        soundfile.write(path, piece, HZ)
    return paths


def people(home: dict[str, str]) -> Speakers:
    return Speakers(Path(home["XDG_DATA_HOME"]) / "emostream" / "speakers")


def enrolled(home: dict[str, str]) -> SpeakerProfile:
    return people(home).load("Ada")


def test_from_recordings_of_moods_to_a_label(home: dict[str, str], models: list[object], sentences: list[Path]) -> None:
    labels = ("sad", "angry", "neutral", "angry")
    named = [word for label, path in zip(labels, sentences, strict=False) for word in ("--mood", f"{label}={path}")]
    ended = emostream("enrol", "Ada", *named, *models, env=home)
    assert (ended.code, ended.errors) == (0, "")
    seconds = enrolled(home).seconds_of_moods()
    assert tuple(seconds) == ("neutral", "angry", "sad")
    assert seconds["angry"] > seconds["sad"], "two recordings count as both"

    shown = emostream("enrol", "--list", env={**home, "COLUMNS": "160"})
    assert ", ".join(f"{label} {of_mood:.0f} s" for label, of_mood in seconds.items()) in shown.out

    known = emostream("file", "--steps", "--speaker", "Ada", *models, sentences[4], env=home)
    plain = emostream("file", "--steps", *models, sentences[4], env=home)
    assert (known.code, known.errors) == (0, "")
    assert known.out != plain.out


def test_a_folder_is_recordings_of_one_mood(home: dict[str, str], models: list[object], sentences: list[Path]) -> None:
    ended = emostream("enrol", "Ada", "--mood", f"happy={sentences[0].parent}", *models, env=home)
    assert ended.code == 0, ended.errors
    assert 20 < enrolled(home).seconds_of_moods()["happy"] < 36


def test_from_a_pipe_each_mood_in_turn(home: dict[str, str], models: list[object], recording: Samples) -> None:
    pcm = (np.concatenate([recording, recording]) * 32_767).astype("<i2").tobytes()
    ended = process("enrol", "Ada", "-", "--moods", *models, env=home, stdin=pcm)
    assert ended.returncode == 0, ended.stderr
    assert tuple(enrolled(home).seconds_of_moods()) == IN_ORDER
    said = [line for line in ended.stderr.splitlines() if line.startswith(("heard", "1 of", "2 of", "3 of", "4 of"))]
    assert [line.split(",")[0].split(" ")[0] for line in said] == [
        *("1", "heard", "2", "heard", "3", "heard", "4", "heard")
    ]
    assert "1 of 4, as you usually speak: " in ended.stderr
    assert "2 of 4, angrily: " in ended.stderr
    assert "Keys" not in ended.stderr


def test_models_without_moods_take_the_neutral_part_and_say_so(
    home: dict[str, str], neutral_only: list[object], sentences: list[Path]
) -> None:
    sad = ["--mood", f"sad={sentences[1]}"]
    refused = emostream("enrol", "Ada", *sad, *neutral_only, env=home)
    assert refused.code == NO_INPUT
    assert "heard no neutral speech, and tiny_mel/test and tiny_mfcc/test can use no other" in refused.errors
    assert people(home).names() == []
    ended = emostream("enrol", "Ada", *sad, "--mood", f"neutral={sentences[0]}", *neutral_only, env=home)
    assert_refused(ended, 0, "tiny_mel/test and tiny_mfcc/test will use the neutral part only")
    assert set(enrolled(home).seconds_of_moods()) == {"neutral", "sad"}


def test_models_without_moods_or_a_neutral_label_are_refused(home: dict[str, str], tmp_path: Path) -> None:
    zeros = (0.0,) * 4
    card = tiny_card(labels=("a", "b", "c", "d"), neutral_summary=zeros, speech_summary=zeros)
    model = write_model(tmp_path / "model.onnx", card)
    ended = emostream("enrol", "Ada", "--moods", "--model", model, env=home)
    assert_refused(ended, USAGE, "tiny/test cannot compare moods", "enrol without moods")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--mood", "angry"], USAGE, "found --mood angry, expected LABEL=FILE with one of the labels neutral, angry"),
        (["--mood", "angry="], USAGE, "found --mood angry=, expected LABEL=FILE"),
        (["--mood", "bored=x.wav"], USAGE, "found --mood bored=x.wav, expected LABEL=FILE"),
        (["--mood", "angry=none.wav"], NO_INPUT, "none.wav"),
        (["--mood", "sad=HUM"], NO_INPUT, "heard 0.0 s of speech in what is sad, expected 1 s or more: nothing was"),
        (["--mood", "angry=x.wav", "--moods"], USAGE, "found --mood and --moods"),
        (["y.wav", "--mood", "angry=x.wav"], USAGE, "found --mood and recordings without a mood"),
        (["-", "--mood", "angry=x.wav"], USAGE, "found --mood and recordings without a mood"),
        (["y.wav", "--moods"], USAGE, "found recordings with --moods, which listens to the microphone"),
        (["-", "y.wav", "--moods"], USAGE, "found - among recordings"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_one_line(
    arguments: list[str], code: int, said: str, home: dict[str, str], models: list[object]
) -> None:
    hum = Path(home["XDG_DATA_HOME"]) / "hum.wav"
    soundfile.write(hum, np.zeros(2 * HZ, np.float32), HZ)
    ended = emostream("enrol", "Ada", *(word.replace("HUM", str(hum)) for word in arguments), *models, env=home)
    assert ended.out == ""
    assert_refused(ended, code, said)
    assert people(home).names() == []


def test_keys_skip_a_mood_and_go_back(home: dict[str, str], models: list[object]) -> None:
    command = shlex.join([*COMMAND, "enrol", "Ada", "--moods", *map(str, models)])
    with VirtualMicrophone() as microphone, Terminal(120, 40, {**home, **microphone.env}) as terminal:
        terminal.type(f"{command}; echo code=$?", "Enter")
        terminal.wait_for("Keys: s skips a mood, r says the last one again", "1 of 4, as you usually speak", "level")
        terminal.type("x", "s")
        terminal.wait_for("2 of 4, angrily")
        terminal.type("r")
        terminal.wait_for("that I say?\n1 of 4, as you usually speak")
        terminal.type("s", "s", "s", "s")
        terminal.wait_for("heard 0.0 s of speech, expected 5 s or more: nothing was stored", f"code={NO_INPUT}")
        terminal.type("echo typed", "Enter")
        terminal.wait_for("\ntyped\n")  # the terminal echoes again
