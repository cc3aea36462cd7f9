"""One TCP connection to the daemon, with bounds that hold whatever the other end does."""

import asyncio
import socket

from websockets.asyncio.server import ServerConnection

MAX_CONNECTIONS = 128
# Together about a hundred estimates. What lies in the kernel can no longer be replaced by something newer.
SEND_BUFFER_BYTES = 32 * 1024
WRITE_LIMIT_BYTES = 4 * 1024
# Pongs are written without waiting for room, so a client that pings and never reads would grow this without end.
MAX_UNSENT_BYTES = 256 * 1024


def bounded_connection(open_connections: set[ServerConnection]) -> type[ServerConnection]:
    """A connection class: each is in ``open_connections`` while open, and is aborted when it goes over a bound."""

    class BoundedConnection(ServerConnection):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            sock: socket.socket = transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
            open_connections.add(self)
            if len(open_connections) > MAX_CONNECTIONS:
                self.transport.abort()

        def connection_lost(self, exc: Exception | None) -> None:
            open_connections.discard(self)
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
                self.transport.abort()

    return BoundedConnection
