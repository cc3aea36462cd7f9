"""What a client can do to a server to stall the others: for tests, and for ``python -m bench.attacks``.

All come from 127.0.0.2, which is another address to the server than that of honest clients on 127.0.0.1. Each goes on
until it has had its effect or was cut off, and then for ``hold_s``; what it opened it closes.
"""

import base64
import json
import os
import resource
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.sync.client import ClientConnection, connect

PATIENCE_S = 120.0
SOURCE = "127.0.0.2"
HZ = 16_000
MOST_FRAME_BYTES = 128 * 1024


@dataclass(frozen=True)
class Target:
    """A server of this machine, in a process of its own."""

    pid: int
    port: int
    tls: ssl.SSLContext | None = None

    def tcp(self) -> socket.socket:
        """A TCP connection."""
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE_S, source_address=(SOURCE, 0))

    def client(self) -> ClientConnection:
        """A client of the socket that follows nothing."""
        scheme = "wss" if self.tls else "ws"
        address = f"{scheme}://127.0.0.1:{self.port}/ws?stream="
        return connect(
            address,
            ssl=self.tls,
            source_address=(SOURCE, 0),
            legacy=True,
            max_queue=None,
            open_timeout=PATIENCE_S,
            close_timeout=1,
        )

    def after_handshake(self) -> socket.socket:
        """A client whose frames are bytes."""
        sock = self.tcp()
        if self.tls is not None:
            sock = self.tls.wrap_socket(sock, server_hostname="localhost")
        key = base64.b64encode(os.urandom(16)).decode()
        sock.sendall(
            f"GET /ws?stream= HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        assert sock.recv(12) == b"HTTP/1.1 101"
        return sock


def empty_pings(target: Target, scale: int, hold_s: float) -> None:
    """Sockets that send 43,000 empty pings each, as fast as they can, and come back when they are cut off."""
    _flood(target, scale, hold_s, Frame(Opcode.PING, b"").serialize(mask=True) * 43_000)


def control_frames(target: Target, scale: int, hold_s: float) -> None:
    """The same with pongs that nobody asked for, as large as they may be."""
    _flood(target, scale, hold_s, Frame(Opcode.PONG, bytes(125)).serialize(mask=True) * 10_000)


def half_open(target: Target, scale: int, hold_s: float) -> None:
    """Connections that say nothing, or begin to say something: TLS, or a request."""
    beginnings = (b"", b"\x16\x03\x01\x02\x00\x01") if target.tls else (b"", b"GET /ws HTTP/1.1\r\nHost:")
    with ExitStack() as stack:
        held = []
        for number in range(50 * scale):
            held.append(stack.enter_context(target.tcp()))
            with suppress(ConnectionError):  # the server has no place for it
                held[-1].sendall(beginnings[number % 2])
        time.sleep(hold_s)


def burst(target: Target, scale: int, hold_s: float) -> None:
    """Clients that are silent for a while and then send 20 s of audio at once."""
    rng = np.random.default_rng(0)
    audio = (rng.normal(size=20 * HZ) * 3_000).astype("<i2").tobytes()
    with ExitStack() as stack:
        clients = [stack.enter_context(target.client()) for _ in range(scale)]
        for client in clients:
            client.send(json.dumps({"type": "start", "rate": HZ, "format": "s16le", "labels": "utterances"}))
        time.sleep(max(1.6, hold_s / 2))  # as much as a silent client can save
        for client in clients:
            for start in range(0, len(audio), MOST_FRAME_BYTES):
                client.send(audio[start : start + MOST_FRAME_BYTES])
            client.send('{"type":"stop"}')
        for client in clients:
            while '"summary"' not in str(client.recv(PATIENCE_S)):
                pass


def descriptors(target: Target, scale: int, hold_s: float) -> None:
    """More connections than the server may have open files."""
    soft, hard = resource.prlimit(target.pid, resource.RLIMIT_NOFILE)
    most = open_descriptors(target.pid) + 10 * scale
    resource.prlimit(target.pid, resource.RLIMIT_NOFILE, (most, hard))
    try:
        with ExitStack() as stack:
            for _ in range(20 * scale):
                stack.enter_context(target.tcp())
            time.sleep(hold_s)
    finally:
        resource.prlimit(target.pid, resource.RLIMIT_NOFILE, (soft, hard))


def held_places(target: Target, scale: int, hold_s: float) -> None:
    """Clients that take places for audio and then are silent: as many as there are."""
    with ExitStack() as stack:
        for _ in range(16 * scale):
            client = stack.enter_context(target.client())
            with suppress(ConnectionClosed):
                client.send(json.dumps({"type": "start", "rate": HZ, "format": "s16le"}))
                client.recv(PATIENCE_S)
        time.sleep(hold_s)


def stopped_names(target: Target, scale: int, hold_s: float) -> None:
    """A client that publishes under one name after the other, and holds none of them."""
    with target.client() as client:
        for number in range(75 * scale):
            client.send(json.dumps({"type": "start", "rate": HZ, "format": "s16le", "publish": f"name-{number}"}))
            client.send('{"type":"stop"}')
            while '"summary"' not in str(client.recv(PATIENCE_S)):
                pass
        time.sleep(hold_s)


Attack = Callable[[Target, int, float], None]
ATTACKS: dict[str, Attack] = {
    attack.__name__: attack
    for attack in (empty_pings, control_frames, half_open, burst, descriptors, held_places, stopped_names)
}


def open_descriptors(pid: int) -> int:
    """How many files a process has open."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def _flood(target: Target, scale: int, hold_s: float, frames: bytes) -> None:
    ends = time.monotonic() + hold_s
    for number in range(10**6):
        if number >= scale and time.monotonic() >= ends:
            return
        with target.after_handshake() as sock, suppress(ConnectionError, ssl.SSLError):
            sock.sendall(frames)
            while sock.recv(1 << 16):
                pass
