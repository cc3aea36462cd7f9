"""One client of ``/events``: the events of a stream as server-sent events, for curl, proxies and ``EventSource``.

Whoever reads them gets what ``/ws`` sends, and can send nothing. The response has no length: it ends with the
connection.
"""

from http import HTTPStatus

from websockets.http11 import Request, Response

from emostream.server.connection import BoundedConnection
from emostream.server.context import ServerContext
from emostream.server.http import complete_response, data_response
from emostream.server.outbox import Outbox

_KEEP_ALIVE = b":\n\n"  # a comment, for proxies that end what is silent


class EventStream:
    """All of it belongs to the event loop's thread; the hub's lock guards the outbox."""

    def __init__(self, connection: BoundedConnection, context: ServerContext, stream: str) -> None:
        self._connection = connection
        self._context = context
        self._stream = stream
        self._wrote_s = connection.loop.time()
        self.outbox = Outbox(as_messages=True)
        connection.on_room = self.pump

    async def run(self, request: Request) -> Response:
        """Send events until the client leaves; the response is the one whose headers were sent."""
        response = events_response(request, self._context.access.scheme, bool(self._context.access.origins))
        self._connection.end_opening()
        self._write(response.serialize())
        self._context.hub.follow(self.outbox, self._stream)
        try:
            self.pump()
            await self._connection.wait_closed()
        finally:
            self._connection.on_room = None
            self._context.hub.leave(self.outbox, self._stream)
        return response

    def pump(self) -> None:
        """Write what is unsent, as long as the other end takes it."""
        if self.outbox.overflowing:
            self._cut("piled_up")
        while len(self.outbox) and not self._connection.paused and not self._connection.transport.is_closing():
            self._write(self._context.hub.take(self.outbox))

    def check(self, now_s: float) -> None:
        """Cut the client off if it has taken nothing for too long, and say now and then that the stream goes on."""
        stall_s = self._context.limits.stall_s
        since_s = self._connection.stuck_since_s
        if since_s is not None and now_s - since_s > stall_s:
            self._cut("stalled")
        elif since_s is None and now_s - self._wrote_s >= stall_s / 2:
            self._write(_KEEP_ALIVE)

    async def close(self, _code: int, _reason: str) -> None:
        """Send what is unsent and end the response."""
        self.pump()
        self._connection.transport.close()

    def _write(self, data: bytes) -> None:
        self._wrote_s = self._connection.loop.time()
        self._connection.transport.write(data)

    def _cut(self, cause: str) -> None:
        if not self._connection.transport.is_closing():
            self._context.metrics.count_cut(cause)
            self._connection.transport.abort()


def events_response(request: Request, scheme: str, has_allowed_origins: bool) -> Response:
    """The headers of ``/events``."""
    response = data_response(HTTPStatus.OK, b"", "text/event-stream; charset=utf-8")
    del response.headers["Content-Length"]
    response.headers["X-Accel-Buffering"] = "no"  # nginx would hold events back
    if has_allowed_origins:  # requests of other origins were refused before
        response.headers["Access-Control-Allow-Origin"] = "*"
    complete_response(request, response, scheme)
    return response
