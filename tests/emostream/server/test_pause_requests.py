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
    assert ask(server, "/pause", "GET", Origin="https://evil.example")[0] == 403
    assert ask(server, "/pause", Origin=f"http://127.0.0.1:{server.port}")[0] == 200


def test_a_page_of_an_allowed_origin_cannot_read_the_answer_nor_send_a_token(switch: PauseSwitch) -> None:
    """Browsers let a page do either only where the answer has headers that name its origin."""
    origin = "https://desk.example"
    server = Server(ServerConfig(port=0, allowed_origins=[origin]), switch=switch)
    try:
        for method in ("GET", "OPTIONS", "POST"):
            _, headers, _ = ask(server, "/pause", method, Origin=origin)
            assert not [name for name in headers if name.lower().startswith("access-control-")]
            assert headers.get("Cross-Origin-Resource-Policy", "same-origin") == "same-origin"
    finally:
        server.close()


def test_to_look_changes_nothing(server: Server, switch: PauseSwitch) -> None:
    status, headers, body = ask(server, "/pause", "GET")
    assert (status, json.loads(body)) == (200, {"paused": False, "paused_by": []})
    assert headers["Cache-Control"] == "no-store"
    assert ask(server, "/pause", "HEAD")[::2] == (200, "")
    assert not switch.paused
    switch.pause(SCHEDULE)
    assert json.loads(ask(server, "/pause", "GET")[2]) == {"paused": True, "paused_by": ["schedule"]}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/pause", "GET, HEAD, POST"),
        ("OPTIONS", "/pause", "GET, HEAD, POST"),
        ("GET", "/resume", "POST"),
        ("HEAD", "/resume", "POST"),
    ],
)
def test_other_methods_change_nothing(
    server: Server, switch: PauseSwitch, method: str, path: str, allowed: str
) -> None:
    switch.pause("key")
    status, headers, _ = ask(server, path, method)
    assert (status, headers["Allow"]) == (405, allowed)
    assert switch.paused_by == ("person",)


def test_the_token_is_needed_where_there_is_one(switch: PauseSwitch) -> None:
    server = Server(ServerConfig(port=0, token=TOKEN, follow_token=f"{TOKEN}-to-follow"), switch=switch)
    try:
        for method in ("POST", "GET"):
            assert ask(server, "/pause", method, Authorization=f"Bearer {TOKEN}-to-follow")[0] == 403
            assert ask(server, "/pause", method)[0] == 401
            assert ask(server, "/pause", method, Authorization="Bearer another-than-the-right")[0] == 401
        assert not switch.paused
        assert ask(server, "/pause", Authorization=f"Bearer {TOKEN}")[0] == 200
        assert switch.paused
    finally:
        server.close()


def test_its_page_has_a_button_for_it(server: Server) -> None:
    assert "<html data-pausable " in ask(server, "/", "GET")[2]


def test_without_a_microphone_of_its_own_there_is_nothing_to_pause() -> None:
    server = Server(ServerConfig(port=0))
    try:
        assert "data-pausable" not in ask(server, "/", "GET")[2]
        status, _, body = ask(server, "/pause")
        assert (status, body) == (404, "nothing to pause: this server reads no microphone of its own\n")
    finally:
        server.close()
