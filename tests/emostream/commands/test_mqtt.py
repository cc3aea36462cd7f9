"""``--mqtt`` and ``emostream mqtt`` with a real broker: from the sound to Home Assistant, and its pause back."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from emostream.audio import Samples
from emostream.errors import UNAVAILABLE, USAGE
from emostream.events import Health
from tests.support.commands import emostream as run
from tests.support.home_assistant import HomeAssistant
from tests.support.integrations import refusal
from tests.support.mosquitto import Mosquitto
from tests.support.processes import ROOT, Running, assert_one_line, emostream

DEVICE = ("--mqtt-device", "desk")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as broker:
        yield broker


def test_home_assistant_sees_a_voice_pauses_it_misses_it_and_forgets_it(broker: Mosquitto, recording: Samples) -> None:
    at = ("--mqtt", f"mqtt://127.0.0.1:{broker.port}", *DEVICE)
    sound = (recording * 32767).astype(np.int16).tobytes()
    with HomeAssistant(broker.port) as home:
        with Running("listen", "-", "--format", "jsonl", *at, stdin=subprocess.PIPE) as running:
            assert running.process.stdin is not None
            running.process.stdin.write(sound)
            running.process.stdin.flush()
            home.wait_for(lambda it: it.availability == ["online"] and it.states.get("reading") == "ON")
            home.wait_for(lambda it: it.states.get("emotion") in it.config["cmps"]["emotion"]["options"])
            home.switch("paused", "ON")
            running.process.stdin.write(bytes(32_000))
            running.process.stdin.flush()
            home.wait_for(lambda it: it.states.get("paused") == "ON" and it.states["reading"] == "OFF")
            running.wait_for(lambda it: any(event.paused_by for event in it.received(Health)))
            home.switch("paused", "OFF")
            home.wait_for(lambda it: it.states.get("paused") == "OFF" and it.states["reading"] == "ON")
            running.process.send_signal(signal.SIGKILL)
            home.wait_for(lambda it: it.availability == ["online", "offline"])
            running.process.stdin.close()
        assert home.configs[-1] is not None
        removed = emostream("mqtt", "--remove", *at)
        assert (removed.returncode, removed.stderr) == (0, "")
        assert removed.stdout == f"desk is removed from the broker at mqtt://127.0.0.1:{broker.port}\n"
        home.wait_for(lambda it: it.configs[-1] is None)
    with HomeAssistant(broker.port) as another:
        another.start()
        assert another.configs == []


def test_a_broker_is_tried(broker: Mosquitto) -> None:
    tried = emostream("mqtt", "--mqtt", f"127.0.0.1:{broker.port}", *DEVICE)
    assert (tried.returncode, tried.stderr) == (0, "")
    address = f"mqtt://127.0.0.1:{broker.port}"
    assert tried.stdout == f"the broker at {address} takes desk, whose topics begin with emostream/desk\n"


def test_one_that_cannot_be_had_is_one_line(tmp_path: Path) -> None:
    with Mosquitto(tmp_path, {"ada": "sesame"}) as broker:
        address = f"mqtt://127.0.0.1:{broker.port}"
        secret = {"EMOSTREAM_MQTT_PASSWORD": "guessed"}
        ended = emostream("mqtt", "--mqtt", address, "--mqtt-user", "ada", *DEVICE, env=secret)
        assert (ended.returncode, ended.stdout) == (UNAVAILABLE, "")
        assert_one_line(ended.stderr, f"the broker at {address} does not take us (it refuses: Not authorized)")
        assert "guessed" not in ended.stderr
        password = tmp_path / "password"
        password.write_text("sesame\n")
        password.chmod(0o600)
        own = ("--mqtt-user", "ada", "--mqtt-password-file", password)
        assert emostream("mqtt", "--mqtt", address, *own, *DEVICE).returncode == 0
    ended = emostream("mqtt", "--mqtt", address, *DEVICE)
    assert (ended.returncode, ended.stdout) == (UNAVAILABLE, "")
    assert_one_line(ended.stderr, f"the broker at {address} does not take us (Connection refused)")


def test_without_the_library_it_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['paho'] = None\n")
    env = {"PYTHONPATH": f"{tmp_path}:{ROOT / 'streamer'}"}
    for arguments, named in ((("mqtt",), "emostream mqtt"), (("listen", "-", "--mqtt", "localhost"), "--mqtt")):
        ended = emostream(*arguments, env=env)
        assert (ended.returncode, ended.stdout) == (USAGE, "")
        assert_one_line(ended.stderr, f"'{named}' needs paho.mqtt", "pip install 'emostream[mqtt]'")


def test_no_broker_is_one_line() -> None:
    ended = emostream("mqtt")
    assert ended.returncode == USAGE
    assert_one_line(ended.stderr, "found no broker, expected --mqtt mqtt://HOST")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--mqtt", "http://host"], "--mqtt cannot be read: expected mqtt://HOST, mqtts://HOST or HOST"),
        (["--mqtt", "mqtt://ada:sesame@host"], "--mqtt cannot be read"),
        (["--mqtt", "host:99999"], "--mqtt cannot be read"),
        (["--mqtt", "host", "--mqtt-device", "my desk"], "found 'my desk' for --mqtt-device, expected letters"),
        (["--mqtt", "host", "--mqtt-topic", "a/+"], "found 'a/+' for --mqtt-topic, expected a topic without"),
        (["--mqtt", "host", "--mqtt-topic", ""], "found '' for --mqtt-topic"),
        (["--mqtt", "host", "--mqtt-every", "0"], "found 0 for --mqtt-every, expected seconds above 0"),
        (["--mqtt", "mqtts://host", "--mqtt-authority", "/none"], "/none cannot be used as --mqtt-authority (No such"),
        (["--mqtt", "host", "--mqtt-password-file", __file__], "found a password for the MQTT broker and no user"),
    ],
)
def test_wrong_options_are_one_line(arguments: list[str], words: str) -> None:
    line = refusal(*arguments)
    assert words in line
    assert "sesame" not in line


def test_no_list_of_settings_shows_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOSTREAM_MQTT_PASSWORD", "sesame")
    said = run("config")
    assert said.code == 0
    assert "mqtt_password" in said.out
    assert "sesame" not in said.out
