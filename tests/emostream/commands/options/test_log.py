"""The log of a real server: what it holds, and what it must never hold."""

import argparse
import json
import re
import socket
import threading
from pathlib import Path
from typing import NoReturn

import pytest
from websockets.sync.client import connect

from emostream.audio import Samples
from emostream.commands.options.log import add_log_arguments, logging_to
from emostream.commands.settings import Settings
from emostream.errors import USAGE
from emostream.events import Hello, Summary
from emostream.pipeline.stream import EmotionStream
from emostream.protocol import Start
from emostream.server.config import ServerConfig
from emostream.server.server import Server
from tests.support.processes import COMMAND, NOWHERE, Running, assert_one_line, emostream
from tests.support.serving import PATIENCE_S, client, receive, receive_all, receive_until
from tests.support.streams import HZ, Parts
from tests.support.terminal import Terminal
from tests.support.virtual_microphone import VirtualMicrophone

TOKEN = "a-token-that-nobody-guesses"
NAME = "Zebedee"
PORT = re.compile(r"127\.0\.0\.1:(\d+)/")


def messages(text: str) -> list[tuple[str, str]]:
    """(level, message) of each line."""
    return [(line["level"], line["message"]) for line in map(json.loads, text.splitlines())]


@pytest.mark.parametrize("level", ["info", "debug"])
def test_who_comes_and_goes_is_a_line_and_nothing_personal_is_in_it(
    level: str, tmp_path: Path, microphone: VirtualMicrophone, recording: Samples, model_arguments: list[str]
) -> None:
    log = tmp_path / "log"
    options = ("--log-level", level, "--log-format", "json", "--log-file", log, "--device", "pulse")
    environment = microphone.env | {"EMOSTREAM_TOKEN": TOKEN}
    with Running("serve", "--port", 0, *options, *model_arguments, env=environment) as running:
        running.wait_for(lambda it: PORT.search(it.messages))
        port = PORT.search(running.messages)
        assert port is not None
        url = f"ws://127.0.0.1:{port[1]}/ws?stream="
        with socket.create_connection(("127.0.0.1", int(port[1]))) as broken:
            broken.sendall(f"GET /?token={TOKEN} HTTP/9\r\n\r\n".encode())
            broken.recv(100)
        with connect(url) as stranger:
            stranger.send(json.dumps({"type": "authenticate", "token": f"{TOKEN}-not"}))
            receive_all(stranger)
        with connect(url, additional_headers={"Authorization": f"Bearer {TOKEN}"}, max_queue=None) as known:
            known.send(json.dumps({"type": "start", "rate": HZ, "format": "f32le", "publish": NAME, "source": NAME}))
            known.send(recording[: 4 * HZ].tobytes())
            known.send('{"type":"stop"}')
            events = receive_until(known, Summary)
        assert running.interrupt() == 130
    said = messages(log.read_text())
    kinds = [message for _, message in said]
    assert any(re.fullmatch(r"the model whisper/staged \S+ is loaded", message) for message in kinds)
    assert "reading from pulse" in kinds
    assert f"serving at http://127.0.0.1:{port[1]}/" in kinds
    assert "a client came: 1 are connected" in kinds
    assert "a client was refused: unauthorized" in kinds
    assert "a client left: 0 are connected" in kinds
    assert "pulse has ended" in kinds
    hello = next(event for event in events if isinstance(event, Hello))
    text = log.read_text()
    for secret in (TOKEN, NAME, *hello.labels):
        assert secret not in text
    assert {level for level, _ in said} <= {"debug", "info"}


def test_an_unplugged_microphone_is_a_warning_and_its_return_a_line(
    tmp_path: Path, microphone: VirtualMicrophone, model_arguments: list[str]
) -> None:
    with Running("listen", "--log-level", "info", *model_arguments, env=microphone.env) as running:
        running.wait_for(lambda it: len(it.events) > 5)
        microphone.unplug()
        running.wait_for(lambda it: "warning daemon: pulse" in it.messages or "warning daemon: default" in it.messages)
        microphone.plug_in()
        running.wait_for(lambda it: "info daemon: sound comes again" in it.messages)
        running.interrupt()


def options(*given: object) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_log_arguments(parser, Settings({}, Path("/nonexistent/config.toml")))
    return parser.parse_args([str(argument) for argument in given])


def test_an_internal_fault_has_its_trace_in_the_log_and_nowhere_else(parts: Parts, tmp_path: Path) -> None:
    log = tmp_path / "log"

    def fail(start: Start, name: str) -> EmotionStream:
        raise RuntimeError("a fault of ours")

    with logging_to(options("--log-file", log), owns_terminal=False):
        server = Server(ServerConfig(port=0), parts.models, fail)
        with client(server) as connection:
            connection.send(json.dumps({"type": "start", "rate": HZ, "format": "f32le"}))
            event = receive(connection)
        server.close()
    assert "a fault of ours" not in str(event)
    text = log.read_text()
    assert "error server.session: a session failed\nTraceback" in text
    assert "RuntimeError: a fault of ours" in text


def test_a_thread_that_ends_by_a_fault_is_in_the_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "log"

    def fail() -> NoReturn:
        raise RuntimeError("a fault of ours")

    with logging_to(options("--log-file", log, "--log-format", "json"), owns_terminal=False):
        thread = threading.Thread(target=fail, name="the failing one")
        thread.start()
        thread.join(PATIENCE_S)
    (line,) = map(json.loads, log.read_text().splitlines())
    assert line["message"] == "the thread the failing one ended by a fault"
    assert line["trace"].endswith("RuntimeError: a fault of ours")
    assert capsys.readouterr().err == ""


def test_on_a_terminal_the_log_waits_for_the_dashboard_to_end(model_arguments: list[str]) -> None:
    with Terminal(100, 30, {"PULSE_SERVER": NOWHERE}) as terminal:
        command = " ".join([*COMMAND, "listen", "--or-demo", "--log-level", "info", *model_arguments])
        terminal.type(f"clear; {command}; echo code=$?", "Enter")
        screen = terminal.wait_for("ON AIR")
        assert "info daemon" not in screen
        terminal.type("C-c")
        terminal.wait_for("info daemon: reading from", "code=130")


def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path, model_arguments: list[str]) -> None:
    ended = emostream("serve", "--log-file", tmp_path, *model_arguments)
    assert ended.returncode == USAGE
    assert_one_line(ended.stderr, f"found {tmp_path} for --log-file, expected a file to write to")


def test_a_level_that_is_none_is_one_line(model_arguments: list[str]) -> None:
    ended = emostream("serve", *model_arguments, env={"EMOSTREAM_LOG_LEVEL": "loud"})
    assert ended.returncode == USAGE
    assert_one_line(ended.stderr, "found 'loud' for EMOSTREAM_LOG_LEVEL, expected debug or info or warning or error")
