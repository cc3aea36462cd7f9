"""One TCP connection to the server, with limits that hold whatever the client does."""

import asyncio
import socket
from collections.abc import Callable

from websockets.asyncio.server import ServerConnection
from websockets.frames import CloseCode

# Together about a hundred estimates. What the kernel holds can no longer be replaced by a newer event.
SEND_BUFFER_BYTES = 32 * 1024
WRITE_LIMIT_BYTES = 4 * 1024
# Pongs are written without waiting for room, so a client that pings and never reads would grow this without end.
MAX_UNSENT_BYTES = 256 * 1024


class BoundedConnection(ServerConnection):
    """Records since when the client takes nothing, and calls ``on_room`` when it takes data again.

    The event loop's thread alone uses it.
    """

    stuck_since_s: float | None = None
    on_room: Callable[[], None] | None = None

    @property
    def gave_up_waiting(self) -> bool:
        """Whether the connection was closed because no pong came."""
        sent = self.protocol.close_sent
        return sent is not None and sent.code == CloseCode.INTERNAL_ERROR and "ping" in sent.reason

    def pause_writing(self) -> None:
        super().pause_writing()
        self.stuck_since_s = self.loop.time()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.stuck_since_s = None
        if self.on_room is not None:
            self.on_room()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self.transport.abort()


def bounded_connection(open_connections: set[BoundedConnection], most: int) -> type[BoundedConnection]:
    """A connection class: each is in ``open_connections`` while open, and is aborted beyond ``most``."""

    class CountedConnection(BoundedConnection):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            sock: socket.socket = transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
            open_connections.add(self)
            if len(open_connections) > most:
                self.transport.abort()

        def connection_lost(self, exc: Exception | None) -> None:
            open_connections.discard(self)
            super().connection_lost(exc)

    return CountedConnection
