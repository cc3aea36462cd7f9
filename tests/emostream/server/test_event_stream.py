"""``/events`` and ``/streams``: the same events as on the socket, for whoever speaks HTTP alone."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPResponse

import pytest

from emostream.audio import Samples
from emostream.events import Summary
from emostream.protocol import ServerEvent, decode_event
from emostream.server.config import Limits
from emostream.server.server import Server
from tests.support.serving import PATIENCE_S, client, plain_socket, receive_until, serve, until
from tests.support.stream_events import estimate, hello, utterance
from tests.support.streams import HZ, Parts

TOKEN = "a-token-that-nobody-guesses"


def ask(server: Server, path: str, method: str = "GET", **headers: str) -> HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
    connection.request(method, path, headers=headers)
    return connection.getresponse()


def next_event(response: HTTPResponse) -> ServerEvent:
    """The next event, of which a comment is none."""
    while True:
        line = response.readline()
        assert line, "the response has ended"
        if line.startswith(b"data: "):
            assert response.readline() == b"\n"
            return decode_event(line.removeprefix(b"data: "))
        assert line in (b":\n", b"\n")


@pytest.fixture
def server() -> Iterator[Server]:
    started = serve()
    started.emit(hello())
    yield started
    started.close()


def test_events_are_those_of_the_socket_until_the_reader_leaves(server: Server) -> None:
    server.emit(estimate(1))
    with ask(server, "/events") as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert [next_event(response) for _ in range(2)] == [hello(seq=1), estimate(1)]
        assert server.clients == 1
        for event in (estimate(2), utterance(3)):
            server.emit(event)
            assert next_event(response) == event
    until(lambda: server.clients == 0)


def test_a_published_stream_as_its_client_gets_it(parts: Parts, recording: Samples) -> None:
    server = serve(parts)
    try:
        with client(server) as speaker, ask(server, "/events?stream=desk") as response:
            speaker.send(json.dumps({"type": "start", "rate": HZ, "format": "f32le", "publish": "desk"}))
            until(lambda: server.streams == 1)
            with ask(server, "/streams") as listed:
                found = {"stream": "desk", "source": "a client", "followers": 1}
                assert json.loads(listed.read()) == {"streams": [found]}
            speaker.send(recording[:HZ].tobytes())
            speaker.send('{"type":"stop"}')
            own = receive_until(speaker, Summary)
            followed = [next_event(response)]
            while not isinstance(followed[-1], Summary):
                followed.append(next_event(response))
            assert followed[-1] == own[-1]
            assert next_event(response).code == "stream_ended"  # type: ignore[union-attr]
            with ask(server, "/streams") as listed:
                assert json.loads(listed.read()) == {"streams": []}
    finally:
        server.close()


def test_a_silent_stream_is_kept_alive_and_a_reader_that_takes_nothing_is_cut_off() -> None:
    limits = Limits(stall_s=0.2, handshake_s=2.0)
    server = serve(limits=limits)
    server.emit(hello())
    try:
        with ask(server, "/events") as response, ExitStack() as stack:
            assert next_event(response) == hello()
            began_s = time.monotonic()
            while time.monotonic() < began_s + limits.handshake_s:
                assert [response.readline() for _ in range(2)] == [b":\n", b"\n"]
            stuck = stack.enter_context(plain_socket(server))
            stuck.sendall(f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
            until(lambda: server.clients == 2)
            seq = 1
            while server.clients == 2:
                server.emit(estimate(seq))
                assert next_event(response).seq == seq
                seq += 1
            assert server.clients_cut == 1
    finally:
        server.close()


def test_closing_the_server_sends_what_is_unsent_and_ends_the_response(server: Server) -> None:
    with ask(server, "/events") as response:
        assert next_event(response) == hello()
        server.emit(utterance(1))
        server.close()
        assert next_event(response) == utterance(1)
        assert response.read() == b""


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/events?stream=", "GET", 400),
        ("/events?stream=audio", "GET", 400),
        ("/events?stream=-", "GET", 400),
        ("/events", "POST", 405),
        ("/events", "HEAD", 200),
        ("/streams", "HEAD", 200),
        ("/protocol.schema.json", "GET", 200),
        ("/protocol.asyncapi.json", "GET", 200),
    ],
)
def test_what_else_is_answered(server: Server, path: str, method: str, status: int) -> None:
    with ask(server, path, method) as response:
        assert response.status == status
        assert (response.read() == b"") == (method == "HEAD")


def test_events_and_names_need_the_token() -> None:
    server = serve(token=TOKEN)
    server.emit(hello())
    try:
        for path in ("/events", "/streams"):
            with ask(server, path) as refused:
                assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, 'Bearer realm="emostream"')
        with ask(server, "/events", Authorization=f"Bearer {TOKEN}") as response:
            assert next_event(response) == hello()
    finally:
        server.close()


def test_readers_have_places_as_clients_do() -> None:
    server = serve(limits=Limits(clients=1))
    server.emit(hello())
    try:
        with ExitStack() as stack:
            first = stack.enter_context(ask(server, "/events"))
            assert next_event(first) == hello()
            assert stack.enter_context(ask(server, "/events")).status == 503
        until(lambda: server.clients == 0)
    finally:
        server.close()


def test_only_the_headers_of_a_reader_are_waited_for() -> None:
    server = serve(limits=Limits(handshake_s=0.2))
    try:
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as sock:
            sock.sendall(b"GET /events HTTP/1.1\r\n")
            assert sock.recv(1) == b""
    except ConnectionError:
        pass
    finally:
        server.close()
