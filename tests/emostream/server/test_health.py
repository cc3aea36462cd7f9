"""What monitoring is told: by a server, and by a real process whose microphone is pulled and paused."""

import http.client
import json
import re
import signal
import time
from typing import Any

import pytest

from emostream.events import Health
from emostream.pause import PauseSwitch
from emostream.server.config import ServerConfig
from emostream.server.server import Server
from tests.support.processes import Running
from tests.support.serving import PATIENCE_S, serve
from tests.support.stream_events import estimate, hello
from tests.support.streams import Parts
from tests.support.virtual_microphone import VirtualMicrophone

TOKEN = "a-token-that-nobody-guesses"
PORT = re.compile(r"127\.0\.0\.1:(\d+)/")
BAD = Health(seq=2, stream="live", t_start_ms=0, t_end_ms=0, source="Ada's desk", source_ok=False, lost_ms=0, lag_ms=1)


def ask(port: int, path: str, **headers: str) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def states(port: int) -> list[tuple[int, str]]:
    answers = [ask(port, path) for path in ("/livez", "/readyz", "/healthz")]
    return [(status, body["status"]) for status, body in answers]


def test_a_server_without_a_microphone_is_well(parts: Parts) -> None:
    server = serve(parts)
    try:
        assert states(server.port) == [(200, "ok")] * 3
        assert ask(server.port, "/healthz")[1] == {"status": "ok", "clients": 0, "streams": 0}
    finally:
        server.close()


def test_who_may_know_learns_more_than_who_may_not() -> None:
    server = Server(ServerConfig(port=0, token=TOKEN), switch=PauseSwitch())
    try:
        for event in (hello(), estimate(1), BAD):
            server.emit(event)
        status, body = ask(server.port, "/healthz")
        assert (status, body) == (
            503,
            {"status": "failed", "clients": 0, "streams": 0, "reason": "the microphone gives no sound"},
        )
        status, body = ask(server.port, "/healthz", Authorization=f"Bearer {TOKEN}")
        assert status == 503
        assert set(body["source"]) >= {"last_estimate_s", "last_sound_s", "lost_s", "lag_s", "restarts", "paused_by"}
    finally:
        server.close()


def until(port: int, expected: list[tuple[int, str]]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while (found := states(port)) != expected:
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


@pytest.mark.slow
def test_a_process_says_how_its_microphone_is(microphone: VirtualMicrophone, model_arguments: list[str]) -> None:
    microphone.unplug()
    with Running("serve", "--port", 0, "--device", "pulse", *model_arguments, env=microphone.env) as running:
        running.wait_for(lambda it: PORT.search(it.messages))
        found = PORT.search(running.messages)
        assert found is not None
        port = int(found[1])
        until(port, [(200, "ok"), (200, "ok"), (503, "failed")])
        microphone.plug_in()
        until(port, [(200, "ok"), (200, "ok"), (200, "ok")])
        running.process.send_signal(signal.SIGUSR1)
        until(port, [(200, "ok"), (200, "ok"), (200, "paused")])
        running.process.send_signal(signal.SIGUSR1)
        until(port, [(200, "ok"), (200, "ok"), (200, "ok")])
        microphone.unplug()
        until(port, [(200, "ok"), (200, "ok"), (503, "failed")])
        body = ask(port, "/healthz")[1]
        assert "pulse" in body["reason"]
        lost_s = body["source"]["lost_s"]
        assert lost_s > 0
        deadline = time.monotonic() + PATIENCE_S
        while ask(port, "/healthz")[1]["source"]["lost_s"] <= lost_s:  # it grows while nothing comes
            assert time.monotonic() < deadline
            time.sleep(0.1)
        # The whole process stands still: nobody is told that all is well.
        running.interrupt()
