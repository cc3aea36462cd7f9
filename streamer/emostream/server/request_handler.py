"""What the server answers to HTTP requests: pages, data for programs, events, refusals, or the way on to the socket."""

from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus

import msgspec
from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from emostream.protocol import VERSIONS, asyncapi_text, schema_text
from emostream.server import health, pause_requests
from emostream.server.access import Role
from emostream.server.client_places import ClientPlaces
from emostream.server.connection import BoundedConnection
from emostream.server.context import LIVE, OWN, ServerContext
from emostream.server.event_stream import EventStream, events_response
from emostream.server.http import (
    METHODS,
    begin_with_own_voice,
    complete_response,
    data_response,
    load_pages,
    offer_pause,
    page_response,
    refusal_response,
)
from emostream.server.metrics import CONTENT_TYPE
from emostream.server.query import asked_stream

_JSON = "application/json"


class RequestHandler:
    """All of it belongs to the event loop's thread."""

    def __init__(self, context: ServerContext, places: ClientPlaces) -> None:
        self._context = context
        self._places = places
        self._pages = load_pages()
        schema, asyncapi = schema_text().encode(), asyncapi_text().encode()
        self._data: dict[str, Callable[[Headers], Response]] = {
            **{path: partial(self._health_response, path) for path in health.PATHS},
            "/metrics": self._metrics_response,
            "/streams": self._streams_response,
            "/protocol.schema.json": lambda _: data_response(HTTPStatus.OK, schema, _JSON),
            "/protocol.asyncapi.json": lambda _: data_response(HTTPStatus.OK, asyncapi, _JSON),
        }

    async def answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """A page, a refusal, what is left of events, or None to let the request go on to the socket."""
        access, refused = self._context.access, self._context.metrics.refused
        reason = access.refusal(request.headers)
        if reason is not None:
            refused.labels("foreign").inc()
            return refusal_response(HTTPStatus.FORBIDDEN, reason)
        if access.has_wrong_token(request.headers):
            refused.labels("unauthorized").inc()
            return refusal_response(HTTPStatus.UNAUTHORIZED, "refused: the token is wrong")
        path = request.path.partition("?")[0]
        if path not in ("/ws", "/events"):
            return self._page(path, request)
        try:
            stream = asked_stream(request.path)
        except ValueError as error:
            return refusal_response(HTTPStatus.BAD_REQUEST, f"refused: {error}")
        if path == "/ws":
            return _unknown_version(request.headers)
        assert isinstance(connection, BoundedConnection)
        return await self._send_events(connection, request, stream)

    def complete(self, _connection: ServerConnection, request: Request, response: Response) -> None:
        """Give every response the headers that all have."""
        complete_response(request, response, self._context.access.scheme)

    async def _send_events(self, connection: BoundedConnection, request: Request, stream: str) -> Response:
        if request.method not in METHODS:
            return _wrong_method(request)
        if refused := self._refusal_without_token(request.headers):
            return refused
        if stream in ("", OWN):
            return refusal_response(HTTPStatus.BAD_REQUEST, "refused: expected the name of a stream in 'stream'")
        if request.method == "HEAD":
            return events_response(request, self._context.access.scheme, bool(self._context.access.origins))
        events = EventStream(connection, self._context, stream)
        with self._places.place(connection, events) as has_place:
            if not has_place:
                return refusal_response(HTTPStatus.SERVICE_UNAVAILABLE, "all places for clients are taken: try later")
            return await events.run(request)

    def _page(self, path: str, request: Request) -> Response:
        if path in pause_requests.PATHS:
            return self._pause_response(path, request)
        data = self._data.get(path)
        if path not in self._pages and data is None:
            return refusal_response(HTTPStatus.NOT_FOUND, "nothing here: the page is / and the socket is /ws")
        if request.method not in METHODS:
            return _wrong_method(request)
        if data is not None:
            return data(request.headers)
        body, kind = self._pages[path]
        if path == "/" and self._context.reader is not None and not self._context.hub.is_known(LIVE):
            body = begin_with_own_voice(body)
        if path == "/" and self._context.switch is not None:
            body = offer_pause(body)
        access = self._context.access
        return page_response(body, kind, request.headers["Host"], access.scheme, access.origins)

    def _pause_response(self, path: str, request: Request) -> Response:
        if refused := self._refusal_without_token(request.headers):
            return refused
        if self._context.access.role(request.headers) is not Role.SPEAK:
            return refusal_response(HTTPStatus.FORBIDDEN, "refused: this token lets its clients follow, and not pause")
        return pause_requests.pause_response(path, request.method, self._context.switch)

    def _streams_response(self, headers: Headers) -> Response:
        if refused := self._refusal_without_token(headers):
            return refused
        return data_response(HTTPStatus.OK, msgspec.json.encode({"streams": self._context.hub.streams()}), _JSON)

    def _metrics_response(self, headers: Headers) -> Response:
        if refused := self._refusal_without_token(headers):
            return refused
        return data_response(HTTPStatus.OK, self._context.metrics.text(), CONTENT_TYPE)

    def _health_response(self, path: str, headers: Headers) -> Response:
        tells_all = self._context.access.role(headers) is not None
        return health.health_response(path, self._context, len(self._places), tells_all=tells_all)

    def _refusal_without_token(self, headers: Headers) -> Response | None:
        if self._context.access.role(headers) is not None:
            return None
        return refusal_response(HTTPStatus.UNAUTHORIZED, "refused: expected 'Authorization: Bearer TOKEN'")


def _wrong_method(request: Request) -> Response:
    return refusal_response(HTTPStatus.METHOD_NOT_ALLOWED, f"got {request.method}, expected GET")


def _unknown_version(headers: Headers) -> Response | None:
    """A refusal where versions are offered and none of them is known."""
    offered = [name.strip() for value in headers.get_all("Sec-WebSocket-Protocol") for name in value.split(",")]
    if not offered or set(offered) & set(VERSIONS):
        return None
    return refusal_response(
        HTTPStatus.BAD_REQUEST, f"refused: no version of the protocol that is offered is known; known: {VERSIONS[0]}"
    )


def select_subprotocol(_connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """The first version of the protocol that is offered and known."""
    return next((name for name in offered if name in VERSIONS), None)
