"""One client of the socket, from the handshake to the close frame."""

import asyncio
import contextlib
import logging
import time

from websockets.exceptions import ConnectionClosed
from websockets.protocol import State as ConnectionState

from emostream.errors import ProfileError
from emostream.protocol import AnyMessage, Authenticate, Start, Subscribe, decode_message
from emostream.server.access import Role
from emostream.server.client_audio import Control
from emostream.server.client_protocol import ClientProtocol, State
from emostream.server.client_stream import ClientStream
from emostream.server.close_codes import RefusedError
from emostream.server.connection import BoundedConnection
from emostream.server.context import OWN, ServerContext
from emostream.server.outbox import Outbox
from emostream.server.query import asked_stream
from emostream.server.rate_limit import RateLimiter

# A close frame has room for 123 bytes.
MOST_REASON_BYTES = 120
FULL_POLL_S = 0.02

_logger = logging.getLogger(__name__)


class ClientSession:
    """One client. All of it belongs to the event loop's thread; the hub's lock guards the outbox."""

    def __init__(self, connection: BoundedConnection, context: ServerContext) -> None:
        self._connection = connection
        self._context = context
        request = connection.request
        assert request is not None, "the handshake is done"
        role = context.access.role(request.headers)
        self._protocol = ClientProtocol(
            awaits_token=role is None,
            takes_audio=context.reader is not None,
            may_speak=role is Role.SPEAK,
        )
        self._path = request.path
        self._rate_limiter = RateLimiter(context.limits.messages_per_s, context.limits.burst_messages)
        self._followed: str | None = None
        self._stream: ClientStream | None = None
        self._patience_s = context.limits.stall_s
        self._ending: asyncio.Task[None] | None = None
        self.outbox = Outbox()
        connection.on_room = self.pump

    async def run(self, *, full: bool) -> None:
        """Serve the client until it leaves or is refused; ``full`` means that there is no place for it."""
        try:
            await self._admit(full=full)
            await self._receive()
        except RefusedError as refused:
            await self._refuse(refused)
        except ConnectionClosed:
            pass
        except Exception:
            _logger.exception("a session failed")
            await self._refuse(RefusedError("internal", "a fault of the server"))
        finally:
            self._connection.on_room = None
            self._end_stream()
            self._unfollow()

    def pump(self) -> None:
        """Write what is unsent, as long as the other end takes it."""
        connection = self._connection
        if connection.state is not ConnectionState.OPEN:
            return
        if self.outbox.overflowing:
            self.cut("piled_up")
            return
        while len(self.outbox) and not connection.paused:
            connection.transport.write(self._context.hub.take(self.outbox))
        if self._stream is not None:
            if self._stream.ended:
                self._protocol.stream_ended()
                self._end_stream()
            else:
                self._stream.taken()

    def check(self, now_s: float) -> None:
        """Cut the client off if it has taken nothing, or answered no ping, for too long.

        A client with audio of its own has more time: nothing piles up for it, and a slow reader comes to a ping only
        when it has read what stands before it.
        """
        since_s = self._connection.stuck_since_s
        if since_s is not None and now_s - since_s > self._patience_s:
            self.cut("stalled")
        elif self._connection.unanswered_s(now_s, self._context.limits.stall_s / 2) > self._patience_s:
            self.cut("no_pong")

    def cut(self, cause: str) -> None:
        """Without a closing handshake, which would wait behind the bytes that the client does not take."""
        if not self._connection.transport.is_closing():
            self._context.metrics.count_cut(cause)
            self._connection.transport.abort()

    async def close(self, code: int, reason: str) -> None:
        """Send what is unsent, to a client that takes it promptly, and close."""
        deadline_s = time.monotonic() + self._context.limits.close_s
        self.pump()
        while len(self.outbox) and time.monotonic() < deadline_s and self._connection.state is ConnectionState.OPEN:
            await asyncio.sleep(0.01)
        short = reason.encode()[:MOST_REASON_BYTES].decode(errors="ignore")
        with contextlib.suppress(ConnectionClosed, TimeoutError):
            async with asyncio.timeout(self._context.limits.close_s):
                await self._connection.close(code, short)

    # ------------------------------------------------------------------------------------------------------- messages

    async def _admit(self, *, full: bool) -> None:
        if full:
            raise RefusedError("overloaded", "all places for clients are taken: try again later")
        if self._protocol.state is State.AWAITING_TOKEN:
            try:
                async with asyncio.timeout(self._context.limits.handshake_s):
                    first = await self._connection.recv()
            except TimeoutError:
                raise RefusedError("unauthorized", "no token came: expected it as the first message") from None
            if isinstance(first, bytes):
                self._protocol.receive_audio()
            else:
                await self._handle_message(_decoded(first))
        if stream := asked_stream(self._path):
            self._follow(stream)
        self.pump()

    async def _receive(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._context.limits.idle_s if self._protocol.is_streaming else None):
                    message = await self._connection.recv()
            except TimeoutError:
                raise RefusedError(
                    "idle", f"nothing came for {self._context.limits.idle_s:g} s: send silence, or stop the stream"
                ) from None
            if isinstance(message, bytes):
                self._protocol.receive_audio()
                await self._put(message)
            elif self._rate_limiter.take():
                await self._handle_message(_decoded(message))
            else:
                raise RefusedError("too_fast", f"more than {self._context.limits.messages_per_s:g} messages a second")
            self.pump()

    async def _handle_message(self, message: AnyMessage) -> None:
        if isinstance(message, Authenticate):
            self._check_token(message)
        self._protocol.receive_message(message)
        match message:
            case Subscribe(stream=stream):
                self._unfollow()
                if stream is not None:
                    self._follow(stream)
            case Start():
                await self._start(message)
            case Authenticate():
                pass
            case _:
                await self._put(message)

    def _check_token(self, message: Authenticate) -> None:
        role = self._context.access.role_of(message.token)
        if role is None:
            first = self._protocol.state is State.AWAITING_TOKEN
            missing = " or missing: expected it as the first message" if first else ""
            raise RefusedError("unauthorized", f"the token is wrong{missing}")
        self._protocol.may_speak = role is Role.SPEAK

    async def _put(self, item: bytes | Control) -> None:
        """Queue audio or a control. A client that sends faster than its audio is read has to wait on the wire."""
        stream = self._stream
        assert stream is not None, "the protocol lets nothing through while no stream is started"
        while stream.is_full:
            await asyncio.sleep(FULL_POLL_S)
            if self._connection.state is not ConnectionState.OPEN:
                await self._connection.wait_closed()
                return
        stream.put(item, at_once=self._connection.transport.is_pressed)

    async def _start(self, start: Start) -> None:
        while self._stream is not None and not self._stream.ended:
            if self._connection.state is not ConnectionState.OPEN:
                break
            await asyncio.sleep(FULL_POLL_S)
        self._end_stream()
        self._patience_s = self._context.limits.idle_s
        loop = asyncio.get_running_loop()
        self._stream = await ClientStream.open(
            self._context,
            start,
            self.outbox,
            address=self._connection.group,
            followed=self._followed,
            fail=lambda refused: loop.call_soon_threadsafe(self._fail, refused),
        )

    def _fail(self, refused: RefusedError | None) -> None:
        refused = refused or RefusedError("internal", "a fault of the server")
        self._ending = asyncio.get_running_loop().create_task(self._refuse(refused))

    def _end_stream(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def _follow(self, stream: str) -> None:
        published = self._stream.name if self._stream is not None and self._stream.publishes else None
        if stream in (published, OWN):
            raise RefusedError("out_of_order", f"'{stream}' is this client's own stream: its events come by themselves")
        self._context.hub.follow(self.outbox, stream)
        self._followed = stream

    def _unfollow(self) -> None:
        if self._followed is not None:
            self._context.hub.leave(self.outbox, self._followed)
            self._followed = None

    async def _refuse(self, refused: RefusedError) -> None:
        stream = self._stream.name if self._stream else self._followed or ""
        self._context.metrics.refused.labels(refused.code).inc()
        _logger.info("a client was refused: %s", refused.code)
        error = self._context.hub.error(stream, refused.code, refused.line)
        self._context.hub.deliver(self.outbox, [error])
        await self.close(refused.close_code, refused.line)


def _decoded(text: str) -> AnyMessage:
    try:
        return decode_message(text)
    except ValueError as error:
        raise RefusedError("bad_message", f"the message cannot be used: {error}") from error
    except ProfileError as error:
        raise RefusedError("profile_refused", str(error)) from error
