"""Labels out: a page at ``/`` and the events at ``/ws``, on one port of this machine.

The server lives in a thread with an event loop of its own. ``emit`` only puts the event into every client's bounded
mailbox and wakes the loop; each client has a task that takes from its mailbox as fast as that client reads. So a slow
client loses estimates (counted), and neither the microphone nor another client ever waits for it.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from http import HTTPStatus

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from streamer.events import Event, Hello, encode
from streamer.server.connection import WRITE_LIMIT_BYTES, bounded_connection
from streamer.server.gate import own_hosts, refusal
from streamer.server.hub import Hub
from streamer.server.listener import listen, loopback_address
from streamer.server.mailbox import Mailbox
from streamer.server.pages import load_pages, page_response, refusal_response

SUBPROTOCOL = Subprotocol("emostream.v1")
MAX_CLIENTS = 64
MAX_MESSAGE_BYTES = 4 * 1024
STALL_TIMEOUT_S = 10.0
HANDSHAKE_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 1.0

# Silent unless somebody asks for it: a stranger's broken request is not the user's concern.
_logger = logging.getLogger(__name__)
_logger.addHandler(logging.NullHandler())


class WebSocketSink:
    """Serves the widget's page and sends every event to every client that is connected.

    ``port`` 0 takes any free one; ``.port`` tells which. ``hello`` may be given ahead of the stream's own. Pages from
    other origins are turned away unless named in ``allowed_origins`` (``https://example.org``). A client that takes
    nothing for ``stall_timeout_s`` is disconnected. Raises UsageError for an address that is not loopback, and
    UnavailableError when the port cannot be had.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 8765,
        hello: Hello | None = None,
        *,
        allowed_origins: Iterable[str] = (),
        stall_timeout_s: float = STALL_TIMEOUT_S,
    ) -> None:
        address = loopback_address(host)
        self._pages = load_pages()
        self._listener = listen(address, port)
        self.port: int = self._listener.getsockname()[1]
        self._own_hosts = own_hosts(address, self.port)
        self._allowed_origins = frozenset(origin.lower().rstrip("/") for origin in allowed_origins)
        self._hub = Hub(hello)
        self._stall_timeout_s = stall_timeout_s
        self._stalled_clients = 0
        self._mail: dict[Mailbox, asyncio.Event] = {}  # the loop's alone
        self._stop = asyncio.Event()
        self._lock = threading.Lock()  # guards the next two
        self._closing = False
        self._wake_pending = False
        started: Future[asyncio.AbstractEventLoop] = Future()
        self._thread = threading.Thread(target=self._run, args=(started,), name="emostream-serve", daemon=True)
        self._thread.start()
        self._loop = started.result()

    @property
    def clients(self) -> int:
        """How many clients are connected to the socket now."""
        return self._hub.clients

    @property
    def dropped_events(self) -> int:
        """How many events slow clients have missed since the start, over all clients."""
        return self._hub.dropped_events

    @property
    def stalled_clients(self) -> int:
        """How many clients were disconnected since the start because they took nothing for too long."""
        return self._stalled_clients

    def emit(self, event: Event) -> None:
        """Hand ``event`` to every client; returns at once, from any thread."""
        self._hub.publish(event)
        with self._lock:
            # One wake-up at most is on its way, so a loop that is held up gathers nothing.
            if not self._closing and not self._wake_pending:
                self._wake_pending = True
                self._loop.call_soon_threadsafe(self._wake_clients)

    def close(self) -> None:
        """Send what is unsent to those who take it promptly, say 1001 going away to all, and end the thread."""
        with self._lock:
            if not self._closing:
                self._closing = True
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self, started: Future[asyncio.AbstractEventLoop]) -> None:
        try:
            asyncio.run(self._serve(started))
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)
        finally:
            with self._lock:
                self._closing = True
            self._listener.close()

    async def _serve(self, started: Future[asyncio.AbstractEventLoop]) -> None:
        connections: set[ServerConnection] = set()
        server = await serve(
            self._handle,
            sock=self._listener,
            select_subprotocol=_select_subprotocol,
            compression=None,  # an event is some 300 bytes; a compressing client would cost a hundred times that
            process_request=self._answer,
            server_header=None,
            open_timeout=HANDSHAKE_TIMEOUT_S,
            ping_interval=self._stall_timeout_s / 2,
            ping_timeout=self._stall_timeout_s,
            close_timeout=CLOSE_TIMEOUT_S,
            max_size=MAX_MESSAGE_BYTES,
            max_queue=1,
            write_limit=WRITE_LIMIT_BYTES,
            create_connection=bounded_connection(connections),
            logger=_logger,
        )
        started.set_result(asyncio.get_running_loop())
        await self._stop.wait()
        await self._go_away(server, connections)

    async def _go_away(self, server: Server, connections: set[ServerConnection]) -> None:
        server.close(close_connections=False)
        self._wake_clients()  # each sender empties its mailbox and closes with 1001
        for connection in list(connections):
            if connection.request is None:  # browsers open connections ahead of need
                connection.transport.abort()
        closed = asyncio.ensure_future(server.wait_closed())
        await asyncio.wait([closed], timeout=CLOSE_TIMEOUT_S)
        for connection in list(connections):
            connection.transport.abort()
        await closed

    def _wake_clients(self) -> None:
        with self._lock:
            self._wake_pending = False
        for mail in self._mail.values():
            mail.set()

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """A page, a refusal, or None to let the request go on to the socket."""
        reason = refusal(request.headers, self._own_hosts, self._allowed_origins)
        if reason is not None:
            return refusal_response(HTTPStatus.FORBIDDEN, reason)
        path = request.path.partition("?")[0]
        if path == "/ws":
            if self.clients < MAX_CLIENTS:
                return None
            return refusal_response(HTTPStatus.SERVICE_UNAVAILABLE, f"all {MAX_CLIENTS} places for clients are taken")
        if path not in self._pages:
            return refusal_response(HTTPStatus.NOT_FOUND, "nothing here: the page is / and the socket is /ws")
        if request.method != "GET":
            return refusal_response(HTTPStatus.METHOD_NOT_ALLOWED, f"got {request.method}, expected GET")
        return page_response(*self._pages[path], request.headers["Host"], self._allowed_origins)

    async def _handle(self, connection: ServerConnection) -> None:
        mailbox = self._hub.join()
        mail = self._mail[mailbox] = asyncio.Event()
        mail.set()
        sender = asyncio.create_task(self._send(connection, mailbox, mail))
        try:
            message = await connection.recv()
        except ConnectionClosed as closed:
            if closed.sent is not None and closed.sent.code == CloseCode.INTERNAL_ERROR:  # no answer to a ping
                self._stalled_clients += 1
        else:
            await self._reject(connection, message)
        finally:
            sender.cancel()
            _logger.info("a client left; it missed %d events", mailbox.dropped)
            del self._mail[mailbox]
            self._hub.leave(mailbox)

    async def _send(self, connection: ServerConnection, mailbox: Mailbox, mail: asyncio.Event) -> None:
        try:
            while True:
                await mail.wait()
                mail.clear()
                while (text := self._hub.take(mailbox)) is not None:
                    async with asyncio.timeout(self._stall_timeout_s):
                        await connection.send(text)
                if self._closing:
                    await connection.close(CloseCode.GOING_AWAY, "the daemon is stopping")
        except TimeoutError:
            self._stalled_clients += 1
            # A closing handshake would wait behind the bytes that the client does not take.
            connection.transport.abort()
        except ConnectionClosed:
            pass

    async def _reject(self, connection: ServerConnection, message: str | bytes) -> None:
        line = "this socket sends events and takes no messages"
        code = CloseCode.POLICY_VIOLATION if isinstance(message, str) else CloseCode.UNSUPPORTED_DATA
        with contextlib.suppress(ConnectionClosed, TimeoutError):
            async with asyncio.timeout(self._stall_timeout_s):
                await connection.send(encode(self._hub.error("unexpected_message", line)).decode())
                await connection.close(code, line)


def _select_subprotocol(_connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return SUBPROTOCOL if SUBPROTOCOL in offered else None
