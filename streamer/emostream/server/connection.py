"""One TCP connection to the server, with limits that hold whatever the client does."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode

from emostream.server.address_limit import AddressLimit, address_group
from emostream.server.config import Limits
from emostream.server.rate_limit import RateLimiter
from emostream.server.transport import READ_BYTES, ClientTransport, TlsTransport

# Together about a hundred estimates. What the kernel holds can no longer be replaced by a newer event.
SEND_BUFFER_BYTES = 32 * 1024
WRITE_LIMIT_BYTES = 4 * 1024
# Pongs are written without waiting for room, so a client that pings and never reads would grow this without end.
MAX_UNSENT_BYTES = 256 * 1024
_PING = Frame(Opcode.PING, b"").serialize(mask=False)


class Connections:
    """The open connections of a server, which counts and bounds them from their accept on.

    ``tls`` gives the context of a new connection, None for plain TCP. ``count_cut`` is told why a client is cut off.
    The event loop's thread alone uses it.
    """

    def __init__(
        self, limits: Limits, tls: Callable[[], ssl.SSLContext | None], count_cut: Callable[[str], None]
    ) -> None:
        self.open: set[BoundedConnection] = set()
        self.limits = limits
        self.tls = tls
        self.count_cut = count_cut
        self.read_buffer = memoryview(bytearray(READ_BYTES))  # of all: a read is handed on before the next
        self._by_address = AddressLimit(limits.connections_per_address)

    def make(self, *arguments: Any, **settings: Any) -> "BoundedConnection":
        """A connection, as ``websockets.asyncio.server.serve`` asks for one (``create_connection``)."""
        return BoundedConnection(self, *arguments, **settings)

    def add(self, connection: "BoundedConnection") -> bool:
        """Count a connection; return whether there is a place for it."""
        self.open.add(connection)
        return self._by_address.take(connection.group) and len(self.open) <= self.limits.connections

    def remove(self, connection: "BoundedConnection") -> None:
        """The opposite of ``add``, whatever that returned."""
        self.open.discard(connection)
        self._by_address.give_back(connection.group)


class BoundedConnection(ServerConnection, asyncio.BufferedProtocol):
    """Records since when the client takes nothing and says nothing, and calls ``on_room`` when it takes data again.

    ``group`` is the machine or network of the client (``address_group``). The event loop's thread alone uses it.
    """

    stuck_since_s: float | None = None
    on_room: Callable[[], None] | None = None
    group: str = ""

    def __init__(self, connections: Connections, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        limits = connections.limits
        self._connections = connections
        self._idle_frames = RateLimiter(limits.idle_frames_per_s, limits.burst_idle_frames, self.loop.time)
        self._alive_s = self.loop.time()
        self._pinged_s: float | None = None  # since when a ping has not been answered
        self._opening: asyncio.TimerHandle | None = None

    def end_opening(self) -> None:
        """The client is served: the time of the handshake, TLS included, counts no longer."""
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None

    def unanswered_s(self, now_s: float, ping_after_s: float) -> float:
        """How long a ping has not been answered; one is sent to a client that has said nothing for ``ping_after_s``.

        Whatever comes is an answer, as it is if the client takes data. Time in which the server itself does not read,
        because there is audio enough, does not count: the answer may wait behind the audio.
        """
        if not self.transport.is_reading_on:
            self._note_alive()
        elif self._pinged_s is not None:
            return now_s - self._pinged_s
        elif now_s - self._alive_s >= ping_after_s:
            self._pinged_s = now_s
            self.transport.write(_PING)
        return 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        context = self._connections.tls()
        self.transport: ClientTransport
        if context is None:
            made = ClientTransport(transport, self.loop, self.data_received, self._count_idle)
        else:
            made = TlsTransport(transport, self.loop, self.data_received, self._count_idle, context)
        super().connection_made(made)
        self._opening = self.loop.call_later(self._connections.limits.handshake_s, made.abort)
        sock: socket.socket = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        peer = transport.get_extra_info("peername")  # None if the client has gone already
        self.group = address_group(peer[0]) if peer else ""
        if not self._connections.add(self):
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.end_opening()
        self._connections.remove(self)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self.stuck_since_s = self.loop.time()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.stuck_since_s = None
        self._note_alive()
        if self.on_room is not None:
            self.on_room()

    def get_buffer(self, _sizehint: int) -> memoryview:
        return self._connections.read_buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._note_alive()
        self.transport.receive(bytes(self._connections.read_buffer[:nbytes]))

    def data_received(self, data: bytes) -> None:
        """Some frames came, decrypted."""
        super().data_received(data)
        if self.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self.transport.abort()

    def _note_alive(self) -> None:
        self._alive_s = self.loop.time()
        self._pinged_s = None

    def _count_idle(self, frames: int) -> bool:
        within = self._idle_frames.take(frames)
        if not within:
            self._connections.count_cut("control_frames")
        return within
