"""The socket and the page, through real sockets: order, late joiners, slow clients, foreign pages, ends."""

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from emostream.errors import UnavailableError, UsageError
from emostream.events import Error, Estimate, Hello, Utterance
from emostream.server.config import Limits, ServerConfig
from emostream.server.http import load_pages
from emostream.server.server import Server
from tests.support.serving import PATIENCE_S, SLOW_RECEIVE_BYTES, raw_client, receive, receive_all, until
from tests.support.stream_events import estimate, gap, hello, utterance

LIMITS = Limits()

Serve = Callable[..., Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:

        def start(*, hello: Hello | None = None, limits: Limits = LIMITS, **settings: Any) -> Server:
            sink = Server(ServerConfig(port=0, limits=limits, **settings))
            stack.callback(sink.close)
            if hello is not None:
                sink.emit(hello)
            return sink

        yield start
    assert not [thread for thread in threading.enumerate() if thread.name == "emostream-serve"]


def client(sink: Server, **settings: Any) -> ClientConnection:
    return connect(f"ws://127.0.0.1:{sink.port}/ws", close_timeout=1, legacy=True, **settings)


def client_that_never_reads(sink: Server) -> ClientConnection:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SLOW_RECEIVE_BYTES)
    sock.connect(("127.0.0.1", sink.port))
    return client(sink, sock=sock, max_queue=1)


def close_code(connection: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        connection.recv(timeout=PATIENCE_S)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


def get(sink: Server, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", sink.port, timeout=PATIENCE_S)
    try:
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def emit_until_dropped(sink: Server, healthy: ClientConnection, first_seq: int, dropped: int) -> int:
    """Emit estimates, each of which ``healthy`` must get, until ``dropped`` are lost to others; the next number."""
    seq = first_seq
    while sink.hub.dropped_events < dropped:
        sink.emit(estimate(seq))
        assert receive(healthy).seq == seq
        seq += 1
        assert seq < 20_000, "a client that never reads was not noticed"
    return seq


# ---------------------------------------------------------------------------------------------- what a client is sent


def test_hello_comes_first_and_events_follow_in_order(serve: Serve) -> None:
    sink = serve()
    with client(sink) as connection:
        until(lambda: sink.clients == 1)
        for event in (hello(), utterance(1), gap(2), utterance(3, None)):
            sink.emit(event)
        assert [receive(connection) for _ in range(4)] == [hello(), utterance(1), gap(2), utterance(3, None)]


def test_a_late_joiner_gets_the_hello_renumbered_then_the_latest_estimate_then_what_follows(serve: Serve) -> None:
    sink = serve()
    for event in (hello(), estimate(1), estimate(2, "sad"), utterance(3)):
        sink.emit(event)
    with client(sink) as connection:
        assert receive(connection) == hello(seq=3)
        assert receive(connection) == estimate(2, "sad")
        sink.emit(estimate(4))
        assert receive(connection).seq == 4


def test_a_new_hello_forgets_the_old_stream(serve: Serve) -> None:
    sink = serve()
    for event in (hello(), estimate(1), hello(labels=("calm", "tense"))):
        sink.emit(event)
    with client(sink) as connection:
        assert receive(connection) == hello(labels=("calm", "tense"))
        sink.emit(utterance(1))
        assert isinstance(receive(connection), Utterance)


def test_a_hello_given_at_the_start_greets_who_comes_before_the_stream(serve: Serve) -> None:
    with client(serve(hello=hello())) as connection:
        assert receive(connection) == hello()


def test_every_client_gets_every_event(serve: Serve) -> None:
    sink = serve(hello=hello())
    with client(sink) as one, client(sink) as two:
        until(lambda: sink.clients == 2)
        sink.emit(estimate(1))
        for connection in (one, two):
            assert [type(receive(connection)) for _ in range(2)] == [Hello, Estimate]
    until(lambda: sink.clients == 0)


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [(None, None), (["emostream.v1"], "emostream.v1"), (["emostream.v2", "emostream.v1"], "emostream.v1")],
)
def test_the_subprotocol_is_taken_when_offered_and_not_demanded(
    serve: Serve, offered: list[Subprotocol] | None, chosen: str | None
) -> None:
    with client(serve(hello=hello()), subprotocols=offered) as connection:
        assert connection.subprotocol == chosen
        assert receive(connection) == hello()


def test_a_version_that_is_not_known_is_refused_with_those_that_are(serve: Serve) -> None:
    with pytest.raises(InvalidStatus) as refused:
        client(serve(hello=hello()), subprotocols=[Subprotocol("emostream.v2")])
    assert refused.value.response.status_code == 400
    assert b"known: emostream.v1" in refused.value.response.body


# -------------------------------------------------------------------------------------------------------- slow clients


def test_a_client_that_never_reads_loses_estimates_is_counted_and_hurts_nobody(serve: Serve) -> None:
    sink = serve(hello=hello())
    with client(sink) as healthy, client_that_never_reads(sink):
        until(lambda: sink.clients == 2)
        assert receive(healthy) == hello()
        emit_until_dropped(sink, healthy, 1, dropped=200)
        assert sink.clients_cut == 0


def test_a_slow_client_that_reads_on_gets_the_utterances_and_the_latest_estimate(serve: Serve) -> None:
    sink = serve(hello=hello())
    with client(sink) as healthy, client_that_never_reads(sink) as slow:
        until(lambda: sink.clients == 2)
        assert receive(healthy) == hello()
        seq = emit_until_dropped(sink, healthy, 1, dropped=1)
        said = list(range(seq, seq + 5))
        for number in said:
            sink.emit(utterance(number))
            assert receive(healthy).seq == number
        last = emit_until_dropped(sink, healthy, said[-1] + 1, dropped=50) - 1
        events = [receive(slow)]
        while events[-1].seq < last:
            events.append(receive(slow))
    numbers = [event.seq for event in events]
    assert numbers == sorted(numbers)
    assert [event.seq for event in events if isinstance(event, Utterance)] == said
    assert last + 1 == len(events) + sink.hub.dropped_events
    assert sum(event.dropped for event in events) == sink.hub.dropped_events
    assert all(later.seq == earlier.seq + 1 + later.dropped for earlier, later in pairwise(events))


def test_a_client_that_takes_nothing_is_disconnected_and_counted(serve: Serve) -> None:
    sink = serve(hello=hello(), limits=Limits(stall_s=0.4))
    with client(sink) as healthy, client_that_never_reads(sink):
        until(lambda: sink.clients == 2)
        assert receive(healthy) == hello()
        seq = emit_until_dropped(sink, healthy, 1, dropped=1)
        until(lambda: sink.clients == 1)
        assert sink.clients_cut == 1
        sink.emit(estimate(seq))
        assert receive(healthy).seq == seq


def test_a_client_that_answers_no_ping_is_disconnected_and_counted(serve: Serve) -> None:
    sink = serve(hello=hello(), limits=Limits(stall_s=0.2))
    with raw_client(sink):
        until(lambda: sink.clients_cut == 1)
        until(lambda: sink.clients == 0)


def test_a_client_that_pings_without_reading_is_cut_off(serve: Serve) -> None:
    ping = b"\x89\xfd\x00\x00\x00\x00" + bytes(125)  # masked with zeros
    with raw_client(serve(hello=hello())) as sock:

        def ping_on_and_on() -> None:
            for _ in range(1_000):
                sock.sendall(ping * 100)

        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            ping_on_and_on()


def test_emit_does_not_wait_while_the_loop_is_held_up(serve: Serve) -> None:
    sink = serve(hello=hello())
    with client(sink) as connection:
        assert receive(connection) == hello()
        release = threading.Event()
        sink._loop.call_soon_threadsafe(release.wait, PATIENCE_S)
        for seq in range(1, 5001):
            sink.emit(estimate(seq))
        release.set()
        numbers = [receive(connection).seq]
        while numbers[-1] < 5000:
            numbers.append(receive(connection).seq)
    assert len(numbers) + sink.hub.dropped_events == 5000
    assert sink.hub.dropped_events > 4000


# ----------------------------------------------------------------------------------------------------------- messages


@pytest.mark.parametrize(
    ("message", "code", "close"),
    [
        ("hello?", "bad_message", 1007),
        ("[" * 100_000, "bad_message", 1007),
        ('{"type":"unheard"}', "bad_message", 1007),
        ('{"type":"start","rate":16000,"format":"s16le","fromat":1}', "bad_message", 1007),
        ('{"type":"start","rate":1,"format":"s16le"}', "bad_message", 1007),
        ('{"type":"start","rate":16000,"format":"s16le"}', "no_audio_in", 1008),
        ('{"type":"stop"}', "out_of_order", 1008),
        (b"\x00\x01", "unexpected_audio", 1003),
    ],
)
def test_what_is_not_expected_is_answered_with_an_error_and_the_end(
    serve: Serve, message: str | bytes, code: str, close: int
) -> None:
    sink = serve(hello=hello())
    sink.emit(estimate(1))
    with client(sink) as connection:
        assert [type(receive(connection)) for _ in range(2)] == [Hello, Estimate]
        connection.send(message)
        error = receive(connection)
        assert isinstance(error, Error)
        assert (error.code, error.seq, error.t_end_ms) == (code, 1, estimate(1).t_end_ms)
        assert close_code(connection) == close


def test_text_that_is_not_utf8_ends_the_connection(serve: Serve) -> None:
    with client(serve()) as connection:
        connection.send(b'{"type":"\xff"}', text=True)
        assert close_code(connection) == 1007


def test_a_big_message_ends_the_connection(serve: Serve) -> None:
    with client(serve()) as connection:
        connection.send("x" * (LIMITS.message_bytes + 1))
        assert close_code(connection) == 1009


# ------------------------------------------------------------------------------------------------------- foreign pages


def test_the_page_and_its_files_are_served_with_a_strict_policy(serve: Serve) -> None:
    sink = serve()
    status, headers, body = get(sink, "/?theme=dark")
    assert status == 200
    assert b"<emo-stream" in body
    assert b"<script>" not in body
    assert b"style=" not in body
    assert headers["X-Content-Type-Options"] == "nosniff"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert f"connect-src 'self' ws://127.0.0.1:{sink.port};" in policy
    assert "unsafe" not in policy
    served = {"/page.css": "css", "/icon.svg": "svg"}
    modules = [file.name for file in (resources.files("emostream") / "widget").iterdir() if file.name.endswith(".js")]
    assert {"emostream.js", "capture.js", "page.js"} <= set(modules)
    for path, kind in {**served, **{f"/{name}": "javascript" for name in modules}}.items():
        status, headers, body = get(sink, path)
        assert (status, kind in headers["Content-Type"], bool(body)) == (200, True, True), path
        assert headers["Content-Security-Policy"] == policy
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_only_files_with_a_known_ending_are_served(tmp_path: Path) -> None:
    for name in ("index.html", "other.html", "a.js", "a.js.map", "notes.md", ".js", "__init__.py"):
        (tmp_path / name).write_text("text")
    (tmp_path / "folder.js").mkdir()
    assert set(load_pages(tmp_path)) == {"/", "/a.js"}


@pytest.mark.parametrize("path", ["/nothing", "/../pyproject.toml", "//", "/ws/", "/index.html", "/emostream.js/.."])
def test_there_is_nothing_else(serve: Serve, path: str) -> None:
    assert get(serve(), path)[0] == 404


def test_pages_are_only_to_be_read(serve: Serve) -> None:
    status, headers, _ = get(serve(), "/", method="DELETE")
    assert (status, headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/", "/emostream.js", "/healthz", "/nothing"])
def test_head_gives_the_headers_of_get_and_no_body(serve: Serve, path: str) -> None:
    sink = serve()
    status, headers, body = get(sink, path, method="HEAD")
    expected_status, expected, whole = get(sink, path)
    assert (status, body, headers["Content-Length"]) == (expected_status, b"", str(len(whole)))
    assert {**headers, "Date": ""} == {**expected, "Date": ""}


def test_the_socket_asks_browsers_that_visit_it_to_upgrade(serve: Serve) -> None:
    status, headers, _ = get(serve(), "/ws")
    assert (status, headers["X-Content-Type-Options"]) == (426, "nosniff")


@pytest.mark.parametrize("name", ["-desk", "a%20b", "desk%0A", "x" * 41, "..%2F.."])
def test_a_stream_that_is_no_name_is_refused_with_what_is_one(serve: Serve, name: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(f"ws://127.0.0.1:{serve().port}/ws?stream={name}", legacy=True)
    assert refused.value.response.status_code == 400
    assert b"'stream' is no name: expected 1 to 40" in refused.value.response.body


def test_a_clients_own_stream_is_no_stream_to_follow(serve: Serve) -> None:
    with connect(f"ws://127.0.0.1:{serve().port}/ws?stream=audio", legacy=True) as connection:
        error = receive(connection)
        assert isinstance(error, Error)
        assert error.code == "out_of_order"
        assert close_code(connection) == 1008


@pytest.mark.parametrize("path", ["/", "/emostream.js", "/ws"])
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1.evil.example:{port}", ""]
)
def test_a_foreign_host_is_refused(serve: Serve, path: str, host: str) -> None:
    sink = serve()
    status, headers, body = get(sink, path, Host=host.format(port=sink.port))
    assert status == 403
    assert body.startswith(b"refused: the Host header")
    assert "Content-Security-Policy" not in headers


@pytest.mark.parametrize("host", ["localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}", "127.0.0.1:{port}"])
def test_every_name_of_this_machine_is_let_in(serve: Serve, host: str) -> None:
    sink = serve()
    assert get(sink, "/", Host=host.format(port=sink.port))[0] == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1", "file://"]
)
def test_a_foreign_origin_is_refused(serve: Serve, origin: str) -> None:
    sink = serve()
    origin = origin.format(port=sink.port)
    with pytest.raises(InvalidStatus) as refused:
        client(sink, origin=Origin(origin))
    assert refused.value.response.status_code == 403
    assert get(sink, "/emostream.js", Origin=origin)[0] == 403


def test_the_own_page_and_allowed_origins_are_let_in(serve: Serve) -> None:
    sink = serve(hello=hello(), allowed_origins=["https://Show.example/"])
    for origin in (f"http://localhost:{sink.port}", "https://show.example"):
        with client(sink, origin=Origin(origin)) as connection:
            assert receive(connection) == hello()
    assert "frame-ancestors https://show.example" in get(sink, "/")[1]["Content-Security-Policy"]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::"])
def test_other_addresses_need_a_token(host: str) -> None:
    with pytest.raises(UsageError, match="expected a token"):
        Server(ServerConfig(host=host, port=0))


@pytest.mark.parametrize("host", ["example.org", ""])
def test_names_are_no_addresses(host: str) -> None:
    with pytest.raises(UsageError, match="expected an IP address"):
        Server(ServerConfig(host=host, port=0))


# -------------------------------------------------------------------------------------------------- beginning and end


def test_a_port_in_use_is_named_with_what_to_do(serve: Serve) -> None:
    port = serve().port
    with pytest.raises(UnavailableError, match=rf"port {port} on 127\.0\.0\.1 is in use.*--port") as unavailable:
        Server(ServerConfig(port=port))
    assert unavailable.value.exit_code == 69
    assert "\n" not in str(unavailable.value)


def test_a_port_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match="port 70000 does not exist"):
        Server(ServerConfig(port=70_000))


def test_close_sends_what_is_unsent_and_says_going_away(serve: Serve) -> None:
    sink = serve(hello=hello())
    with client(sink) as connection:
        assert receive(connection) == hello()
        for seq in range(1, 11):
            sink.emit(utterance(seq))
        sink.close()
        assert [event.seq for event in receive_all(connection)] == list(range(1, 11))
        assert connection.close_code == 1001
    sink.close()
    sink.emit(estimate(11))
    assert sink.clients == 0


def test_close_waits_neither_for_idle_connections_nor_for_who_does_not_read(serve: Serve) -> None:
    sink = serve(hello=hello())
    with socket.create_connection(("127.0.0.1", sink.port)), client(sink) as healthy, client_that_never_reads(sink):
        until(lambda: sink.clients == 2)
        assert receive(healthy) == hello()
        emit_until_dropped(sink, healthy, 1, dropped=1)
        began = time.monotonic()
        sink.close()
        assert time.monotonic() - began < 2.5 * LIMITS.close_s
        assert close_code(healthy) == 1001


def test_the_port_is_free_again_after_close(serve: Serve) -> None:
    first = serve(hello=hello())
    with client(first) as connection:
        assert receive(connection) == hello()
        first.close()
    second = Server(ServerConfig(port=first.port))
    second.emit(hello())
    try:
        with client(second) as connection:
            assert receive(connection) == hello()
    finally:
        second.close()


def test_clients_beyond_the_limit_are_told_to_come_later(serve: Serve) -> None:
    sink = serve(hello=hello(), limits=Limits(clients=1))
    with client(sink) as connection, client(sink) as late:
        assert receive(connection) == hello()
        error = receive(late)
        assert isinstance(error, Error)
        assert error.code == "overloaded"
        assert close_code(late) == 1013
        assert sink.clients == 1
