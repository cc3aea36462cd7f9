"""``POST /pause`` and ``POST /resume``: a person pauses the server's own microphone over HTTP; ``GET /pause`` looks."""

from http import HTTPStatus

import msgspec
from websockets.http11 import Response

from emostream.pause import PauseSwitch
from emostream.server.http import METHODS, data_response, refusal_response

_METHODS = {"/pause": (*METHODS, "POST"), "/resume": ("POST",)}
PATHS = tuple(_METHODS)
WAY = "http"


def pause_response(path: str, method: str, switch: PauseSwitch | None) -> Response:
    """Do what a request for one of ``PATHS`` asks, and say who holds the pause now.

    A page that only looks (``GET``) learns from the status whether its visitor may pause.
    """
    if switch is None:
        return refusal_response(HTTPStatus.NOT_FOUND, "nothing to pause: this server reads no microphone of its own")
    if method not in _METHODS[path]:
        line = f"got {method}, expected POST"
        return refusal_response(HTTPStatus.METHOD_NOT_ALLOWED, line, allowed=_METHODS[path])
    if method == "POST":
        (switch.pause if path == "/pause" else switch.resume)(WAY)
    body = {"paused": switch.paused, "paused_by": switch.paused_by}
    return data_response(HTTPStatus.OK, msgspec.json.encode(body), "application/json")
