"""``emostream serve`` as a process: its address, its access rules, and how it ends."""

import json
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soxr
from websockets.sync.client import connect

from emostream.audio import Samples
from emostream.events import Error, Estimate, Hello, Utterance
from tests.support.certificates import expire, make_certificate
from tests.support.processes import NOWHERE, Running, assert_one_line, emostream
from tests.support.serving import receive, receive_all
from tests.support.streams import HZ
from tests.support.virtual_microphone import VirtualMicrophone

INTERRUPTED, USAGE, UNAVAILABLE = 130, 2, 69
ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/")
TOKEN = "a-token-that-nobody-guesses"


@contextmanager
def serving(*arguments: object, env: dict[str, str] | None = None) -> Iterator[tuple[Running, str]]:
    """A running server and the address of its socket."""
    with Running("serve", "--port", 0, *arguments, env=env or {}) as running:
        running.wait_for(lambda it: ADDRESS.search(it.messages))
        found = ADDRESS.search(running.messages)
        assert found is not None
        yield running, f"ws://127.0.0.1:{found[1]}/ws"


class TestRefusals:
    @pytest.mark.parametrize(
        ("arguments", "parts"),
        [
            (("--streams", -1), ("-1", "--streams")),
            (("--address-share", 0), ("0", "--address-share")),
            (("--address-share", 1.5), ("1.5", "--address-share")),
            (("--certificate", "/nonexistent.pem"), ("/nonexistent.pem",)),
            (("--token-file", "/nonexistent"), ("/nonexistent", "16 characters")),
            (("--port", 70_000), ("70000",)),
        ],
    )
    def test_one_line_says_what_is_wrong(
        self, arguments: tuple[object, ...], parts: tuple[str, ...], model_arguments: list[str]
    ) -> None:
        ended = emostream("serve", *arguments, *model_arguments)
        assert ended.returncode == USAGE
        assert_one_line(ended.stderr, *parts)

    def test_a_port_in_use(self, model_arguments: list[str]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            ended = emostream("serve", "--port", port, *model_arguments)
        assert ended.returncode == UNAVAILABLE
        assert_one_line(ended.stderr, str(port))

    def test_no_such_microphone(self, model_arguments: list[str]) -> None:
        ended = emostream(
            "serve", "--port", 0, "--device", "Yeti", "--no-wait", *model_arguments, env={"PULSE_SERVER": NOWHERE}
        )
        assert ended.returncode == UNAVAILABLE
        assert_one_line(ended.stderr, "microphone")


def test_it_reads_a_clients_voice_until_ctrl_c(recording: Samples, model_arguments: list[str]) -> None:
    with serving(*model_arguments) as (running, url), connect(f"{url}?stream=", max_queue=None) as client:
        client.send(json.dumps({"type": "start", "rate": HZ, "format": "f32le"}))
        for at in range(0, 6 * HZ, HZ // 10):
            client.send(recording[at : at + HZ // 10].tobytes())
        events = []
        while not events or not isinstance(events[-1], Utterance):
            events.append(receive(client))
        assert isinstance(events[0], Hello)
        assert set(events[-1].p) == set(events[0].labels)
        assert running.interrupt() == INTERRUPTED
        receive_all(client)
        assert client.close_code == 1001
    assert running.messages.count("\n") == 1


@pytest.mark.parametrize("given", ["file", "environment"])
def test_the_token_is_asked_for_and_never_printed(given: str, tmp_path: Path, model_arguments: list[str]) -> None:
    (tmp_path / "token").write_text(TOKEN + "\n")
    arguments = ("--token-file", tmp_path / "token") if given == "file" else ()
    env = {"EMOSTREAM_TOKEN": TOKEN} if given == "environment" else {}
    with serving(*arguments, *model_arguments, env=env) as (running, url):
        with connect(f"{url}?stream=") as stranger:
            stranger.send('{"type":"authenticate","token":"another-than-the-right-one"}')
            receive_all(stranger)
            assert stranger.close_code == 1008
        with connect(f"{url}?stream=", additional_headers={"Authorization": f"Bearer {TOKEN}"}) as known:
            known.send(json.dumps({"type": "start", "rate": HZ, "format": "s16le"}))
            assert isinstance(receive(known), Hello)
        assert running.interrupt() == INTERRUPTED
    assert TOKEN not in running.messages


def test_a_second_token_is_for_following_alone(tmp_path: Path, model_arguments: list[str]) -> None:
    follow_token = "another-token-for-those-who-listen"
    (tmp_path / "token").write_text(TOKEN + "\n")
    (tmp_path / "follow").write_text(follow_token + "\n")
    (tmp_path / "follow").chmod(0o600)
    arguments = ("--token-file", tmp_path / "token", "--follow-token-file", tmp_path / "follow", *model_arguments)
    with serving(*arguments) as (running, url):
        with connect(f"{url}?stream=", additional_headers={"Authorization": f"Bearer {follow_token}"}) as follower:
            follower.send(json.dumps({"type": "start", "rate": HZ, "format": "s16le"}))
            assert [event.code for event in receive_all(follower) if isinstance(event, Error)] == ["follow_only"]
        assert running.interrupt() == INTERRUPTED
    assert follow_token not in running.messages


def test_an_open_token_and_an_old_certificate_are_said_and_a_hangup_reads_it_anew(
    tmp_path: Path, model_arguments: list[str]
) -> None:
    (tmp_path / "token").write_text(TOKEN + "\n")
    (tmp_path / "token").chmod(0o644)
    made = make_certificate(tmp_path)
    expire(made)
    arguments = ("--token-file", tmp_path / "token", "--certificate", made.certificate, "--key", made.key)
    with Running("serve", "--port", 0, *arguments, *model_arguments) as running:
        running.wait_for(lambda it: "https://127.0.0.1" in it.messages)
        assert f"read the token in {tmp_path / 'token'}: chmod 600" in running.messages
        assert f"the certificate in {made.certificate} expired on" in running.messages
        made.certificate.write_text("no certificate")
        running.process.send_signal(signal.SIGHUP)
        running.wait_for(lambda it: "the certificate of before is used on" in it.messages)
        assert running.interrupt() == INTERRUPTED
    assert TOKEN not in running.messages


def test_the_machines_own_microphone_is_the_live_stream(recording: Samples, model_arguments: list[str]) -> None:
    speech = soxr.resample(recording[HZ : 5 * HZ], HZ, 44_100)
    with (
        VirtualMicrophone() as microphone,
        serving("--device", "pulse", *model_arguments, env=microphone.env) as (running, url),
        connect(url) as client,
    ):
        kinds = set()
        played = False
        while Utterance not in kinds:
            event = receive(client)
            kinds.add(type(event))
            if isinstance(event, Estimate) and not played:
                microphone.play((np.clip(speech, -1, 1) * 32767).astype(np.int16))
                played = True
        assert event.stream == "live"
        assert running.interrupt() == INTERRUPTED
    assert running.messages.count("\n") == 1


def test_settings_print_address_it_answers(tmp_path: Path, model_arguments: list[str]) -> None:
    (tmp_path / "emostream").mkdir()
    (tmp_path / "emostream" / "config.toml").write_text("port = 70000\n")
    ended = emostream("serve", *model_arguments, env={"XDG_CONFIG_HOME": str(tmp_path)})
    assert ended.returncode == USAGE
    assert_one_line(ended.stderr, "70000")
