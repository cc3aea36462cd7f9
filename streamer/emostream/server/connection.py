"""One TCP connection to the server, with bounds that hold whatever the other end does."""

import asyncio
import socket
from collections.abc import Callable

from websockets.asyncio.server import ServerConnection
from websockets.frames import CloseCode

# Together about a hundred estimates. What lies in the kernel can no longer be replaced by something newer.
SEND_BUFFER_BYTES = 32 * 1024
WRITE_LIMIT_BYTES = 4 * 1024
# Pongs are written without waiting for room, so a client that pings and never reads would grow this without end.
MAX_UNSENT_BYTES = 256 * 1024


class BoundedConnection(ServerConnection):
    """Knows since when the other end takes nothing, and tells ``on_room`` when it takes again."""

    stuck_since_s: float | None = None
    on_room: Callable[[], None] | None = None

    @property
    def gave_up_waiting(self) -> bool:
        """Whether it ended because no answer to a ping came."""
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
