"""Pausing over HTTP: who may, and what is answered."""

import http.client
import json
from collections.abc import Iterator

import pytest

from emostream.pause import SCHEDULE, PauseSwitch
from emostream.server.config import ServerConfig
from emostream.server.server import Server
from tests.support.serving import PATIENCE_S

TOKEN = "a-token-that-nobody-guesses"


@pytest.fixture
def switch() -> PauseSwitch:
    return PauseSwitch()


@pytest.fixture
def server(switch: PauseSwitch) -> Iterator[Server]:
    served = Server(ServerConfig(port=0), switch=switch)
    yield served
    served.close()


def ask(server: Server, path: str, method: str = "POST", **headers: str) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    return response.status, dict(response.headers), response.read().decode()


def test_it_pauses_and_resumes_and_says_who_holds_it(server: Server, switch: PauseSwitch) -> None:
    status, _, body = ask(server, "/pause")
    assert (status, json.loads(body)) == (200, {"paused": True, "paused_by": ["person"]})
    assert switch.paused
    switch.pause(SCHEDULE)
    status, _, body = ask(server, "/resume")
    assert (status, json.loads(body)) == (200, {"paused": True, "paused_by": ["schedule"]})
    switch.resume(SCHEDULE)
    assert json.loads(ask(server, "/resume")[2]) == {"paused": False, "paused_by": []}


def test_other_pages_may_not_and_their_request_changes_nothing(server: Server, switch: PauseSwitch) -> None:
    assert ask(server, "/pause", Origin="https://evil.example")[0] == 403
    assert not switch.paused
    assert ask(server, "/pause", Origin=f"http://127.0.0.1:{server.port}")[0] == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
def test_reading_it_changes_nothing(server: Server, switch: PauseSwitch, method: str) -> None:
    status, headers, _ = ask(server, "/pause", method)
    assert (status, headers["Allow"]) == (405, "POST")
    assert not switch.paused


def test_the_token_is_needed_where_there_is_one(switch: PauseSwitch) -> None:
    server = Server(ServerConfig(port=0, token=TOKEN, follow_token=f"{TOKEN}-to-follow"), switch=switch)
    try:
        assert ask(server, "/pause", Authorization=f"Bearer {TOKEN}-to-follow")[0] == 403
        assert ask(server, "/pause")[0] == 401
        assert ask(server, "/pause", Authorization="Bearer another-than-the-right")[0] == 401
        assert not switch.paused
        assert ask(server, "/pause", Authorization=f"Bearer {TOKEN}")[0] == 200
        assert switch.paused
    finally:
        server.close()


def test_without_a_microphone_of_its_own_there_is_nothing_to_pause() -> None:
    server = Server(ServerConfig(port=0))
    try:
        status, _, body = ask(server, "/pause")
        assert (status, body) == (404, "nothing to pause: this server reads no microphone of its own\n")
    finally:
        server.close()
