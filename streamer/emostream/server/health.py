"""``/livez``, ``/readyz`` and ``/healthz``: whether the process works, whether it serves, and whether all is well."""

from http import HTTPStatus
from typing import Any

import msgspec
from websockets.http11 import Response

from emostream.server.context import ServerContext
from emostream.server.http import data_response

PATHS = ("/livez", "/readyz", "/healthz")


def health_response(path: str, context: ServerContext, clients: int, *, tells_all: bool) -> Response:
    """200, or 503 with a reason. What says whether somebody speaks is for those alone who may know (``tells_all``).

    ``/livez`` fails where a restart would help: a thread has ended or is stuck. ``/readyz`` fails until the microphone
    has given sound, and while clients' audio is refused. ``/healthz`` fails with either, and while no sound comes.
    """
    reader, source = context.reader, context.source
    streams = reader.streams if reader else 0
    body: dict[str, Any] = {"status": "ok", "clients": clients, "streams": streams}
    failed = _process_fault(context)
    report = source.report() if source else None
    if report and not failed and path != "/livez":
        body["status"] = report.status
        if report.status == "starting" or (report.status == "failed" and path == "/healthz"):
            failed = report.reason if tells_all or report.status == "starting" else "the microphone gives no sound"
    if not failed and path == "/readyz" and reader and reader.lag_s > context.limits.most_lag_s:
        failed = "audio of clients waits too long: new streams are refused"
    if failed:
        body |= {"status": body["status"] if body["status"] == "starting" else "failed", "reason": failed}
    elif path == "/readyz":
        body["status"] = "ok"
    if report and tells_all and path == "/healthz":
        body["source"] = report
    status = HTTPStatus.SERVICE_UNAVAILABLE if failed else HTTPStatus.OK
    return data_response(status, msgspec.json.encode(body), "application/json")


def _process_fault(context: ServerContext) -> str:
    if context.reader is not None and not context.reader.is_alive:
        return "a thread or process that reads clients' audio has ended"
    if context.source is not None and not context.source.is_alive:
        return "the thread that reads the microphone is stuck"
    return ""
