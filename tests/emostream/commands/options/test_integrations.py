"""The options of OSC and of the lamp, from the sound to those who are told; what is wrong is one line."""

import json
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest

from emostream.audio import Samples
from emostream.errors import USAGE
from emostream.events import Estimate, Utterance
from tests.support.integrations import refusal
from tests.support.osc_receiver import OscReceiver
from tests.support.processes import ROOT, Running, assert_one_line, emostream, events_of
from tests.support.streams import of_type
from tests.support.webhook_target import WebhookReceiver

APPENDS = "import sys; open(sys.argv[1], 'a').write(sys.argv[2] + '\\n')"


def test_a_voice_reaches_a_receiver_of_osc_and_lights_the_lamps(recording: Samples, tmp_path: Path) -> None:
    pcm = (recording[: 9 * 16_000] * 32767).astype(np.int16).tobytes()
    switch = shlex.join([sys.executable, "-c", APPENDS, str(tmp_path / "lamp"), "{state}"])
    with OscReceiver() as receiver, WebhookReceiver() as target:
        ended = emostream(
            *("listen", "-", "--format", "jsonl", "--osc", f"127.0.0.1:{receiver.port}", "--osc-address", "angry=/a"),
            *("--lamp-command", switch, "--webhook-lamp", target.url),
            stdin=pcm,
        )
        assert (ended.returncode, ended.stderr) == (0, "")
        receiver.wait_for("/emostream/microphone", 0)
    events = events_of(ended.stdout)
    estimates = [event for event in of_type(events, Estimate) if event.p]
    assert receiver.values("/a")[: len(estimates)] == pytest.approx([event.p["angry"] for event in estimates], abs=1e-6)
    labels = [event.label or "" for event in of_type(events, Utterance)]
    assert receiver.values("/emostream/utterance") == labels
    assert receiver.values("/emostream/microphone")[0] == 1
    # Audio on standard input is read faster than lamps are set: what was on may be over before it is shown.
    assert (tmp_path / "lamp").read_text().splitlines()[-1] == "off"
    assert json.loads(target.received[-1].body)["lamp"] == "off"


def test_without_the_library_it_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['pythonosc'] = None\n")
    env = {"PYTHONPATH": f"{tmp_path}:{ROOT / 'streamer'}"}
    ended = emostream("listen", "-", "--osc", "localhost", env=env)
    assert (ended.returncode, ended.stdout) == (USAGE, "")
    assert_one_line(ended.stderr, "'--osc' needs pythonosc", "pip install 'emostream[osc]'")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--osc", "host:none"], "found 'host:none' for --osc, expected HOST or HOST:PORT"),
        (["--osc", "host", "--osc-address", "angry"], "found the OSC address 'angry', expected one like"),
        (["--lamp-command", "gpioset '"], 'found "gpioset \'" for --lamp-command, whose quotes do not close'),
        (["--webhook-lamp", "host"], "found a webhook's address with no scheme"),
        (["--log-keep", "2"], "--log-keep does nothing without --log: expected both, or neither"),
        (["--osc-preset", "vrchat"], "--osc-preset does nothing without --osc"),
        (["--webhook-events", "gap"], "--webhook-events does nothing without --webhook"),
        (["--mqtt-user", "ada"], "--mqtt-user does nothing without --mqtt"),
    ],
)
def test_wrong_options_are_one_line(arguments: list[str], words: str) -> None:
    assert words in refusal(*arguments)


def test_a_server_without_a_microphone_says_that_there_is_nothing_to_tell(tmp_path: Path) -> None:
    with Running("serve", "--port", 0, "--log", tmp_path / "log", "--osc", "localhost") as running:
        running.wait_for(lambda it: "the widget is at" in it.messages)
    assert running.messages.splitlines()[0] == (
        "emostream: found --log, --osc and no microphone of this command's own to tell of: add --microphone"
    )
    assert not (tmp_path / "log").exists()
