"""Whatever an unknown program sends, the server and its other clients go on; ``make test-hostile`` runs for minutes."""

import asyncio
import gc
import json
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from emostream.events import Error
from emostream.pipeline.stream import EmotionStream
from emostream.protocol import decode_event
from emostream.server.client_audio import ClientAudio
from emostream.server.close_codes import CLOSE_CODES
from emostream.server.config import Limits
from emostream.server.outbox import Outbox
from emostream.server.server import Server
from emostream.server.session import ClientSession
from tests.support.serving import PATIENCE_S, client, receive, receive_all, serve, until
from tests.support.stream_events import estimate, hello
from tests.support.streams import Parts

# The server's keepalive draws from ``random`` in its own thread; hypothesis takes that for a strategy's doing, and says
# so at length.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies"),
    pytest.mark.filterwarnings("ignore:Generating overly large repr"),
]

CODES = {1000, 1001, 1002, *CLOSE_CODES.values(), 1009}
ERRORS = {*CLOSE_CODES, "half_sample", "no_profile", "stream_ended"}
STATUSES = {b"101", b"400", b"401", b"403", b"404", b"405", b"414", b"426", b"431", b"500"}
HELD = (ClientSession, ClientAudio, Outbox, EmotionStream)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
ALMOST_MESSAGES = st.fixed_dictionaries(
    {"type": st.sampled_from(["start", "lost", "flush", "reset", "stop", "profile", "subscribe", "authenticate", ""])},
    optional={
        "rate": st.sampled_from([16_000, 44_100, 8_000, 0, 1e9, "16000"]),
        "format": st.sampled_from(["f32le", "s16le", "mp3"]),
        "labels": st.sampled_from(["steps", "utterances", "none"]),
        "publish": st.sampled_from(["desk", "live", "../..", "é"]),
        "stream": st.sampled_from(["desk", "audio", "live", None, ""]),
        "samples": st.sampled_from([1, 0, -1, 10**6, 2**63]),
        "name": st.text(max_size=50),
        "profile": ANYTHING,
        "more": ANYTHING,
    },
).map(json.dumps)
MESSAGES = st.one_of(
    st.just('{"type":"start","rate":16000,"format":"f32le"}'),
    st.just('{"type":"start","rate":8000,"format":"s16le","publish":"desk"}'),
    st.sampled_from(['{"type":"flush"}', '{"type":"stop"}', '{"type":"reset"}', '{"type":"lost","samples":99}']),
    st.sampled_from(["[" * 9_999, '{"a":' * 9_999, "9" * 9_999, bytes(200_000), bytes(64_000), b"\xff" * 64]),
    ALMOST_MESSAGES,
    ANYTHING.map(json.dumps),
    st.binary(max_size=300),
    st.text(max_size=100),
)
LINES = rb"""
Host: 127.0.0.1
Host: evil.example
Origin: https://evil.example
Origin: null
Upgrade: websocket
Upgrade: h2c
Connection: Upgrade
Connection: close
Sec-WebSocket-Version: 13
Sec-WebSocket-Version: 99
Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==
Sec-WebSocket-Key: short
Sec-WebSocket-Protocol: emostream.v1
Sec-WebSocket-Protocol: emostream.v9, more
Content-Length: 9
Transfer-Encoding: chunked
Authorization: Bearer x
: nameless
no colon
""".strip().splitlines()
FIRST_LINES = rb"""
GET /ws HTTP/1.1
GET /ws?stream= HTTP/1.1
GET /metrics HTTP/1.1
GET //.. HTTP/1.1
GET /ws HTTP/2
POST /ws HTTP/1.1
""".strip().splitlines()
REQUESTS = st.builds(
    lambda first, lines, end: b"\r\n".join([first, *lines]) + end,
    st.sampled_from([*FIRST_LINES, b"\x16\x03\x01\x02", b"G" * 9_000]),
    st.lists(st.sampled_from([*LINES, b"X: " + b"y" * 9_000, b"Host: \xff"]), max_size=8),
    st.sampled_from([b"\r\n\r\n", b"\r\n", b"\n\n", b"", b"\r\n\r\nmore"]),
)
FRAMES = st.builds(
    lambda first, size, body: bytes([first, size]) + body,
    st.integers(0, 255),
    st.sampled_from([0, 5, 0x80, 0x85, 0x80 | 126, 0x80 | 127, 0xFF, 125]),
    st.binary(max_size=40),
)


class WatchedServer:
    """A server with a client that follows the label stream and must not be disturbed."""

    def __init__(self, server: Server, witness: ClientConnection) -> None:
        self.server = server
        self.witness = witness
        self.sent = 0
        self.settled = self.held()

    def held(self) -> tuple[int, int, Counter[str]]:
        """Tasks, open files and whatever belongs to one client."""
        gc.collect()
        kinds = Counter(type(thing).__name__ for thing in gc.get_objects() if type(thing) in HELD)
        return len(asyncio.all_tasks(self.server._loop)), sum(1 for _ in Path("/proc/self/fd").iterdir()), kinds

    def is_well(self) -> None:
        self.sent += 1
        self.server.emit(estimate(self.sent))
        got = receive(self.witness)
        assert (got.seq, got.dropped) == (self.sent, 0)

    def answer(self, sent: bytes, then: bytes = b"") -> bytes:
        """What comes back for these bytes, up to the end; ``then`` is sent behind the first answer."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE_S) as sock:
            got = b""
            with suppress(ConnectionError):
                sock.sendall(sent)
                if then:
                    got = sock.recv(1 << 16)
                    sock.sendall(then)
                sock.shutdown(socket.SHUT_WR)
                while data := sock.recv(1 << 16):
                    got += data
            return got


@pytest.fixture(scope="module")
def watched(parts: Parts) -> Iterator[WatchedServer]:
    server = serve(parts, Limits(close_s=0.2, handshake_s=1.0))
    server.emit(hello())
    with client(server, "/ws") as witness:
        assert receive(witness) == hello()
        watched = WatchedServer(server, witness)
        yield watched
        assert server.hub.dropped_events == 0
    server.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("emostream-")]


@pytest.fixture(autouse=True)
def nothing_is_left(watched: WatchedServer) -> Iterator[None]:
    yield
    until(lambda: watched.held() == watched.settled)


def frames_of(answer: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and body of each whole frame behind the handshake."""
    rest = answer.partition(b"\r\n\r\n")[2]
    while len(rest) >= 2:
        size, head = rest[1], 2
        if size == 126:
            size, head = int.from_bytes(rest[2:4], "big"), 4
        yield rest[0] & 0x0F, rest[head : head + size]
        rest = rest[head + size :]


@given(st.lists(MESSAGES, min_size=1, max_size=6))
def test_messages_get_events_documented_errors_and_close_codes(
    watched: WatchedServer, messages: list[str | bytes]
) -> None:
    with client(watched.server) as connection:
        events = []
        try:
            for message in messages:
                connection.send(message)
            connection.send("the end")
        except ConnectionClosed:
            with suppress(ConnectionClosed, msgspec.DecodeError):
                events = receive_all(connection)
        else:
            events = receive_all(connection)
        assert connection.close_code in CODES
    assert {event.code for event in events if isinstance(event, Error)} <= ERRORS
    watched.is_well()


@given(REQUESTS)
def test_broken_requests_get_a_status_or_nothing(watched: WatchedServer, request_bytes: bytes) -> None:
    answer = watched.answer(request_bytes)
    if answer:
        assert answer[:9] == b"HTTP/1.1 "
        assert answer[9:12] in STATUSES
    watched.is_well()


@given(st.lists(FRAMES, min_size=1, max_size=4))
def test_broken_frames_get_a_documented_close_code(watched: WatchedServer, frames: list[bytes]) -> None:
    handshake = (
        f"GET /ws?stream= HTTP/1.1\r\nHost: 127.0.0.1:{watched.server.port}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    answer = watched.answer(handshake.encode(), then=b"".join(frames))
    assert answer.startswith(b"HTTP/1.1 101 ")
    for kind, body in frames_of(answer):
        if kind == 1:
            event = decode_event(body)
            assert isinstance(event, Error)
            assert event.code in ERRORS
        if kind == 8 and body:
            assert int.from_bytes(body[:2], "big") in CODES
    watched.is_well()
