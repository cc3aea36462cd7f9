"""Which requests are accepted: with a token, by which name, over TLS."""

import http.client
import json
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from emostream.errors import UsageError
from emostream.events import Error, Hello
from emostream.protocol import decode_event
from emostream.server.access import AccessPolicy, own_names
from emostream.server.config import Limits
from emostream.server.server import Server
from emostream.server.tokens import checked_token, load_token
from tests.support.certificates import make_certificate
from tests.support.serving import PATIENCE_S, client, receive, serve
from tests.support.stream_events import estimate, hello
from tests.support.streams import Parts

TOKEN = "a-token-that-nobody-guesses"
FOLLOW_TOKEN = "a-token-for-those-who-listen"


@pytest.fixture
def guarded() -> Iterator[Server]:
    server = serve(token=TOKEN, limits=Limits(handshake_s=0.5))
    server.emit(hello())
    yield server
    server.close()


def end(connection: object) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        receive(connection)  # type: ignore[arg-type]
    return closed.value.rcvd.code


def test_the_token_in_the_header_or_in_the_first_message(guarded: Server) -> None:
    with client(guarded, "/ws", additional_headers={"Authorization": f"Bearer {TOKEN}"}) as connection:
        assert isinstance(receive(connection), Hello)
    with client(guarded, "/ws") as connection:
        connection.send(json.dumps({"type": "authenticate", "token": TOKEN}))
        assert isinstance(receive(connection), Hello)


@pytest.mark.parametrize("first", ['{"type":"authenticate","token":"wrong"}', '{"type":"stop"}', b"audio", None])
def test_without_it_nothing_is_told(guarded: Server, first: str | bytes | None) -> None:
    with client(guarded, "/ws") as connection:
        if first is not None:
            connection.send(first)
        error = receive(connection)
        assert isinstance(error, Error)
        assert (error.code, TOKEN in error.message) == ("unauthorized", False)
        assert end(connection) == 1008


def test_a_token_to_follow_starts_no_audio(parts: Parts) -> None:
    server = serve(parts, token=TOKEN, follow_token=FOLLOW_TOKEN)
    start = json.dumps({"type": "start", "rate": 16_000, "format": "s16le"})
    try:
        server.emit(hello())
        with client(server, "/ws", additional_headers={"Authorization": f"Bearer {FOLLOW_TOKEN}"}) as connection:
            assert isinstance(receive(connection), Hello)
            connection.send(start)
            error = receive(connection)
            assert isinstance(error, Error)
            assert (error.code, FOLLOW_TOKEN in error.message) == ("follow_only", False)
            assert end(connection) == 1008
        with client(server) as connection:
            for token in (FOLLOW_TOKEN, TOKEN):
                connection.send(json.dumps({"type": "authenticate", "token": token}))
            connection.send(start)
            assert isinstance(receive(connection), Hello), "the latest token counts"
        for path, status in {"/streams": 200, "/metrics": 200}.items():
            asked = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
            asked.request("GET", path, headers={"Authorization": f"Bearer {FOLLOW_TOKEN}"})
            assert asked.getresponse().status == status
            asked.close()
        assert 'cause="follow_only"} 1.0' in server.metrics.text().decode()
    finally:
        server.close()


@pytest.mark.parametrize("token", [None, FOLLOW_TOKEN])
def test_a_token_to_follow_needs_another_one_beside_it(token: str | None) -> None:
    with pytest.raises(UsageError, match="expected another one beside it"):
        serve(token=token, follow_token=FOLLOW_TOKEN)


def test_a_wrong_header_is_refused_at_once(guarded: Server) -> None:
    with pytest.raises(InvalidStatus) as refused:
        client(guarded, "/ws", additional_headers={"Authorization": "Bearer wrong"})
    assert refused.value.response.status_code == 401


@pytest.mark.parametrize(("path", "status"), [("/metrics", 401), ("/healthz", 200), ("/", 200)])
def test_what_is_open_without_a_token(guarded: Server, path: str, status: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", guarded.port, timeout=PATIENCE_S)
    connection.request("GET", path)
    assert connection.getresponse().status == status
    connection.close()


def test_a_wrong_token_is_answered_with_what_is_expected(guarded: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", guarded.port, timeout=PATIENCE_S)
    connection.request("GET", "/metrics", headers={"Authorization": "Bearer wrong"})
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("WWW-Authenticate")) == (401, 'Bearer realm="emostream"')
    connection.close()


def test_metrics_count_what_happens() -> None:
    server = serve()
    server.emit(hello())
    server.emit(estimate(1))
    try:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
    finally:
        server.close()
    assert 'emostream_estimates_total{kind="live"} 1.0' in text
    assert "emostream_clients 0.0" in text
    assert 'emostream_dropped_events_total{cause="slow_client"} 0.0' in text


def test_hosts_beyond_loopback_are_addresses_and_names_that_were_allowed() -> None:
    names = own_names(frozenset({"0.0.0.0"}), 8765, "https") | {"desk.local"}
    policy = AccessPolicy("https", 8765, names, frozenset(), any_ip=True, token=TOKEN)
    for host, let_in in {
        "192.168.1.7:8765": True,
        "[fe80::1]:8765": True,
        "desk.local": True,
        "192.168.1.7:80": False,
        "192.168.1.7": False,
        "evil.example:8765": False,
        "192.168.1.7.evil.example:8765": False,
        "[fe80::1%; script-src *]:8765": False,
    }.items():
        assert (policy.refusal(Headers(Host=host)) is None) == let_in, host
        assert (policy.refusal(Headers(Host=host, Origin=f"https://{host}")) is None) == let_in, host
        own = let_in and host == "desk.local"
        assert (policy.refusal(Headers(Host="192.168.1.8:8765", Origin=f"https://{host}")) is None) == own, host
    assert policy.refusal(Headers(Host="desk.local", Origin="http://desk.local")) is not None


def test_tls_with_a_certificate(tmp_path: Path) -> None:
    made = make_certificate(tmp_path)
    certificate, key = made.certificate, made.key
    server = serve(certificate=certificate, key=key)
    server.emit(hello())
    try:
        assert server.address.startswith("https://")
        trusted = ssl.create_default_context(cafile=str(certificate))
        with connect(f"wss://localhost:{server.port}/ws", ssl=trusted) as connection:
            assert decode_event(connection.recv(timeout=PATIENCE_S)) == hello()
    finally:
        server.close()
    with pytest.raises(UsageError, match="TLS cannot use"):
        serve(certificate=key, key=tmp_path / "nothing.pem")
    with pytest.raises(UsageError, match="--key without --certificate"):
        serve(key=key)


def test_a_token_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "token"
    token = load_token(file, create=True)
    assert load_token(file, create=False) == token
    assert (len(token) >= 32, file.stat().st_mode & 0o777) == (True, 0o600)
    file.write_text("\ufeff" + token + "\r\n", encoding="utf-8")
    assert load_token(file, create=False) == token, "a byte order mark of Windows does not count"
    for bad in ("short", "with spaces in it all over", "ünprintable-in-a-header"):
        with pytest.raises(UsageError) as refused:
            checked_token(bad, "there")
        assert bad not in str(refused.value)
    with pytest.raises(UsageError, match="cannot be used"):
        load_token(tmp_path / "nothing", create=False)
