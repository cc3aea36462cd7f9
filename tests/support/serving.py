"""A server with real sockets for tests, and a client that speaks to it as the protocol says."""

import base64
import os
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from emostream.pipeline.config import StreamConfig
from emostream.pipeline.stream import EmotionStream
from emostream.protocol import ServerEvent, Start, decode_event
from emostream.server.config import Limits, ServerConfig
from emostream.server.server import Server
from tests.support.streams import Parts

PATIENCE_S = 60.0
SLOW_RECEIVE_BYTES = 4096


def serve(parts: Parts | None = None, limits: Limits | None = None, **settings: Any) -> Server:
    """A server on a free port of loopback; with ``parts`` it takes audio."""

    def make_stream(start: Start, name: str) -> EmotionStream:
        assert parts is not None
        return EmotionStream(
            parts.models,
            parts.vad_model,
            start.rate,
            config=StreamConfig(emits_estimates=start.labels == "steps"),
            profile=start.profile,
            stream=name,
            source=start.source,
        )

    config = ServerConfig(**{"port": 0, "limits": limits or Limits(), **settings})
    return Server(config, parts.models, make_stream) if parts else Server(config)


def client(server: Server, path: str = "/ws?stream=", **settings: Any) -> ClientConnection:
    options = {"close_timeout": 1, "legacy": True, "max_queue": None, **settings}
    return connect(f"ws://127.0.0.1:{server.port}{path}", **options)


def receive(connection: ClientConnection) -> ServerEvent:
    return decode_event(connection.recv(timeout=PATIENCE_S))


def receive_until(connection: ClientConnection, kind: type[ServerEvent]) -> list[ServerEvent]:
    """Events up to the first of this kind."""
    events = [receive(connection)]
    while not isinstance(events[-1], kind):
        events.append(receive(connection))
    return events


def receive_all(connection: ClientConnection) -> list[ServerEvent]:
    events = []
    try:
        while True:
            events.append(receive(connection))
    except ConnectionClosed:
        return events


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.005)


def raw_client(server: Server, path: str = "/ws", tls: ssl.SSLContext | None = None) -> socket.socket:
    """A connection after the handshake, whose bytes the test sends and reads, slowly if at all."""
    sock = plain_socket(server)
    if tls is not None:
        sock = tls.wrap_socket(sock)
    key = base64.b64encode(os.urandom(16)).decode()
    sock.sendall(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
    )
    assert sock.recv(12) == b"HTTP/1.1 101"
    return sock


def plain_socket(server: Server) -> socket.socket:
    sock = socket.socket()
    sock.settimeout(PATIENCE_S)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SLOW_RECEIVE_BYTES)
    sock.connect(("127.0.0.1", server.port))
    return sock
