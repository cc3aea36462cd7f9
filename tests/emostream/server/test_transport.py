"""Floods of frames and half-open TLS: who sends them is cut off by count, plain and with TLS, and nobody else waits."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from unittest.mock import Mock

import pytest
from websockets.frames import Frame, Opcode
from websockets.sync.client import ClientConnection, connect

from emostream.server.config import Limits
from emostream.server.server import Server
from emostream.server.transport import PRESSED_S, READ_BYTES, ClientTransport
from tests.support.certificates import Certificate, make_certificate
from tests.support.serving import PATIENCE_S, raw_client, receive, until
from tests.support.serving import serve as serve_plain
from tests.support.stream_events import estimate, hello
from tests.support.streams import Parts

FEW = 50  # idle frames at once
LIMITS = Limits(idle_frames_per_s=0.001, burst_idle_frames=FEW)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


class Door:
    """A way into servers: plain TCP or TLS."""

    def __init__(self, certificate: Certificate | None, stack: ExitStack) -> None:
        self.certificate = certificate
        self._stack = stack

    def serve(self, limits: Limits, parts: Parts | None = None) -> Server:
        files = {"certificate": self.certificate.certificate, "key": self.certificate.key} if self.certificate else {}
        server = serve_plain(parts, limits, **files)
        self._stack.callback(server.close)
        server.emit(hello())
        return server

    def client(self, server: Server, path: str = "/ws") -> ClientConnection:
        tls = self.certificate.trusting if self.certificate else None
        scheme = "wss" if tls else "ws"
        return self._stack.enter_context(connect(f"{scheme}://127.0.0.1:{server.port}{path}", ssl=tls, legacy=True))

    def socket(self, server: Server, path: str = "/ws?stream=") -> socket.socket:
        """A connection after the handshake, of which the test sends the bytes."""
        tls = self.certificate.trusting if self.certificate else None
        return self._stack.enter_context(raw_client(server, path, tls))


@pytest.fixture(params=["plain", "tls"])
def door(request: pytest.FixtureRequest, certificate: Certificate) -> Iterator[Door]:
    with ExitStack() as stack:
        yield Door(certificate if request.param == "tls" else None, stack)


def received(sock: socket.socket) -> bytes:
    """All that comes until the server has gone."""
    data = b""
    with suppress(ConnectionError, ssl.SSLError):
        while piece := sock.recv(1 << 16):
            data += piece
    return data


@pytest.mark.parametrize(
    "frame",
    [Frame(Opcode.PING, b""), Frame(Opcode.PONG, b""), Frame(Opcode.PING, bytes(100)), Frame(Opcode.CONT, b"", False)],
)
def test_a_flood_is_cut_off_before_it_is_parsed_and_others_go_on(door: Door, frame: Frame) -> None:
    server = door.serve(LIMITS)
    witness = door.client(server)
    assert receive(witness) == hello()
    flooding = door.socket(server)
    first = Frame(Opcode.TEXT, b" ", False) if frame.opcode is Opcode.CONT else Frame(Opcode.PONG, b"")
    with suppress(ConnectionError, ssl.SSLError):
        flooding.sendall(first.serialize(mask=True) + frame.serialize(mask=True) * 43_000)
    answer = received(flooding)
    assert answer.count(b"\x8a") <= FEW, "no more pings are answered than are allowed"
    until(lambda: server.clients == 1)
    assert 'emostream_clients_cut_total{cause="control_frames"} 1.0' in server.metrics.text().decode()
    server.emit(estimate(1))
    assert receive(witness) == estimate(1)


def test_a_flood_in_the_same_bytes_as_the_request_is_cut_off(door: Door) -> None:
    server = door.serve(LIMITS)
    sock = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S)
    with ExitStack() as stack:
        sock = stack.enter_context(door.certificate.trusting.wrap_socket(sock) if door.certificate else sock)
        request = f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nUpgrade: websocket\r\n\r\n"
        with suppress(ConnectionError, ssl.SSLError):
            sock.sendall(request.encode() + Frame(Opcode.PING, b"").serialize(mask=True) * 43_000)
        received(sock)
    until(lambda: server.connections == 0)
    assert 'emostream_clients_cut_total{cause="control_frames"} 1.0' in server.metrics.text().decode()


def test_some_pings_are_answered(door: Door) -> None:
    server = door.serve(LIMITS)
    connection = door.client(server)
    for number in range(FEW // 2):
        assert connection.ping(f"{number}").wait(PATIENCE_S)
    assert receive(connection) == hello()


def test_half_open_connections_are_counted_and_end_in_time(door: Door) -> None:
    limits = Limits(clients=8, spare_connections=8, address_share=1, handshake_s=2.0)
    server = door.serve(limits)
    with ExitStack() as stack:
        held = [
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S))
            for _ in range(3 * limits.connections)
        ]
        held[0].sendall(b"\x16\x03\x01")
        for sock in held:
            with suppress(ConnectionError):
                assert sock.recv(1) in (b"", b"H")
        until(lambda: server.connections == 0)
    assert receive(door.client(server)) == hello()


def test_a_page_is_whole_and_the_connection_ends(door: Door) -> None:
    server = door.serve(LIMITS)
    sock = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S)
    with ExitStack() as stack:
        sock = stack.enter_context(door.certificate.trusting.wrap_socket(sock) if door.certificate else sock)
        sock.sendall(f"GET /emostream.js HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
        head, _, body = received(sock).partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert len(body) > 500


def test_what_breaks_tls_is_cut_off(certificate: Certificate) -> None:
    with ExitStack() as stack:
        server = Door(certificate, stack).serve(LIMITS)
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
            received(sock)
        until(lambda: server.connections == 0)


def test_a_tls_connection_that_says_nothing_takes_little_memory(certificate: Certificate) -> None:
    with ExitStack() as stack:
        server = Door(certificate, stack).serve(Limits(handshake_s=PATIENCE_S))
        before_kb = resident_kb()
        for _ in range(400):
            sock = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            sock.sendall(b"\x16\x03\x01")
        until(lambda: server.connections == 400)
        assert resident_kb() - before_kb < 400 * 150, "asyncio's own TLS takes more than 256 kB for each"


def resident_kb() -> int:
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


@pytest.mark.parametrize(("size", "pressed"), [(READ_BYTES, True), (READ_BYTES - 1, False)])
def test_who_fills_every_read_sends_faster_than_can_be_read(size: int, pressed: bool) -> None:
    loop = Mock()
    transport = ClientTransport(Mock(), loop, lambda _: None, lambda _: True)
    for loop.time.return_value in (100.0, 100.2, 100.0 + PRESSED_S):
        transport.receive(bytes(size))
    assert transport.is_pressed == pressed
    transport.receive(b"a little")
    assert not transport.is_pressed
