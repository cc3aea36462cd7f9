"""A light WebSocket client for load measurements, with or without TLS."""

import base64
import json
import os
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass

LENGTH_16 = 126
SO_TIMESTAMPNS = 35
TIMESPEC = struct.Struct("qq")


@dataclass(eq=False)
class RawClient:
    """One socket, with frames parsed by hand: light, so that the measurement is of the server.

    ``got_s`` is when the kernel received the latest data, in seconds since the epoch (SO_TIMESTAMPNS, Linux).
    """

    port: int
    path: str = "/ws"
    tls: ssl.SSLContext | None = None
    last_seq: int | None = None
    estimates: int = 0
    missed: int = 0
    rest: bytes = b""
    got_s: float = 0.0

    def __post_init__(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        self._encrypted, self._to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = self.tls.wrap_bio(self._encrypted, self._to_send, server_hostname="localhost") if self.tls else None
        self._using_tls = threading.Lock()  # one thread may send while another receives
        if self._tls is not None:
            self._shake_hands(self._tls)
        key = base64.b64encode(os.urandom(16)).decode()
        self.send_bytes(
            f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        response = b""
        while b"\r\n\r\n" not in response:
            response += self._decrypted(self.socket.recv(4096))
        if not response.startswith(b"HTTP/1.1 101"):
            raise SystemExit(f"the server answered {response.splitlines()[0].decode()}")
        self.rest = response.partition(b"\r\n\r\n")[2]
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setblocking(False)

    def events(self) -> Iterator[dict[str, object]]:
        """The events that have come, by ``got_s`` at the latest. Raises ``ConnectionError`` at the end."""
        data, ancillary, _, _ = self.socket.recvmsg(1 << 16, 64)
        if not data:
            raise ConnectionError
        for level, kind, body in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
                seconds, nanoseconds = TIMESPEC.unpack(body)
                self.got_s = seconds + nanoseconds / 1e9
        self.rest += self._decrypted(data)
        while len(self.rest) >= 2:
            size, head = self.rest[1] & 0x7F, 2
            if size == LENGTH_16:
                size, head = int.from_bytes(self.rest[2:4], "big"), 4
            if len(self.rest) < head + size:
                return
            kind, body, self.rest = self.rest[0] & 0x0F, self.rest[head : head + size], self.rest[head + size :]
            if kind == 9:
                self.send(10, body)
            elif kind == 1:
                yield json.loads(body)

    def send(self, kind: int, body: bytes) -> None:
        """Send one frame, masked with zeros, so that nothing need be computed."""
        size = len(body)
        short = size < LENGTH_16
        head = bytes([0x80 | kind, 0x80 | size]) if short else bytes([0x80 | kind, 0xFE]) + size.to_bytes(2, "big")
        self.send_bytes(head + bytes(4) + body)

    def send_bytes(self, data: bytes) -> None:
        """Send what is ready to be sent, encrypted if so wanted."""
        if self._tls is not None:
            with self._using_tls:
                self._tls.write(data)
                data = self._to_send.read()
        self.socket.sendall(data)

    def receive_bytes(self, most: int) -> bytes:
        """What came, decrypted, of about so many bytes; empty at the end. Waits for some."""
        if self.rest:
            rest, self.rest = self.rest, b""
            return rest
        plain = b""
        while not plain:
            data = self.socket.recv(most)
            if not data:
                return b""
            plain = self._decrypted(data)
        return plain

    def _shake_hands(self, tls: ssl.SSLObject) -> None:
        while True:
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                self.socket.sendall(self._to_send.read())
                self._encrypted.write(self.socket.recv(1 << 14))
            else:
                self.socket.sendall(self._to_send.read())
                return

    def _decrypted(self, data: bytes) -> bytes:
        if self._tls is None:
            return data
        plain = b""
        with self._using_tls:
            self._encrypted.write(data)
            while True:
                try:
                    plain += self._tls.read(1 << 16)
                except ssl.SSLWantReadError:
                    return plain

    def count(self, event: dict[str, object]) -> None:
        """Count the events that were missed, those announced as dropped included."""
        seq = int(str(event["seq"]))
        if event["type"] == "hello":
            self.last_seq = seq
        elif self.last_seq is not None and seq > self.last_seq:
            self.missed += seq - self.last_seq - 1
            self.last_seq = seq
