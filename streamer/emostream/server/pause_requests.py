"""``POST /pause`` and ``POST /resume``: a person pauses the server's own microphone over HTTP."""

from http import HTTPStatus

import msgspec
from websockets.http11 import Response

from emostream.pause import PauseSwitch
from emostream.server.http import data_response, refusal_response

PATHS = ("/pause", "/resume")
WAY = "http"


def pause_response(path: str, method: str, switch: PauseSwitch | None) -> Response:
    """Do what a request for one of ``PATHS`` asks, and say who holds the pause now."""
    if switch is None:
        return refusal_response(HTTPStatus.NOT_FOUND, "nothing to pause: this server reads no microphone of its own")
    if method != "POST":
        return refusal_response(HTTPStatus.METHOD_NOT_ALLOWED, f"got {method}, expected POST", allowed=("POST",))
    if path == "/pause":
        switch.pause(WAY)
    else:
        switch.resume(WAY)
    body = {"paused": switch.paused, "paused_by": switch.paused_by}
    return data_response(HTTPStatus.OK, msgspec.json.encode(body), "application/json")
