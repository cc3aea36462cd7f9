"""What counts as one address, and that one alone cannot take all places."""

import json
from contextlib import ExitStack

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from emostream.events import Error, Hello
from emostream.server.address_limit import AddressLimit, address_group
from emostream.server.config import Limits
from emostream.server.server import Server
from tests.support.serving import PATIENCE_S, client, plain_socket, receive, serve, until
from tests.support.stream_events import hello
from tests.support.streams import Parts

ANOTHER_ADDRESS = ("127.0.0.2", 0)
START = json.dumps({"type": "start", "rate": 16_000, "format": "s16le"})


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("192.168.1.7", "192.168.1.7"),
        ("::ffff:192.168.1.7", "192.168.1.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_what_counts_as_one_address(address: str, group: str) -> None:
    assert address_group(address) == group


def test_places_come_back_and_are_each_addresss_own() -> None:
    limit = AddressLimit(2)
    assert [limit.take("a"), limit.take("a"), limit.take("a"), limit.take("b")] == [True, True, False, True]
    limit.give_back("a")
    assert not limit.take("a"), "the refused one counts until it is gone"
    for _ in range(3):
        limit.give_back("a")
    assert limit.take("a")


def refused(connection: ClientConnection) -> int:
    error = receive(connection)
    assert isinstance(error, Error)
    assert error.code == "overloaded"
    with pytest.raises(ConnectionClosed) as closed:
        receive(connection)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


def from_another_address(server: Server) -> ClientConnection:
    return client(server, source_address=ANOTHER_ADDRESS)


def test_silent_streams_of_one_address_leave_places_for_others(parts: Parts) -> None:
    server = serve(parts, Limits(streams=4, address_share=0.5))
    try:
        with ExitStack() as clients:
            for _ in range(2):
                silent = clients.enter_context(client(server))
                silent.send(START)
                assert isinstance(receive(silent), Hello)
            with client(server) as third:
                third.send(START)
                assert refused(third) == 1013
            with from_another_address(server) as other:
                other.send(START)
                assert isinstance(receive(other), Hello)
        until(lambda: server.streams == 0)
        with client(server) as again:
            again.send(START)
            assert isinstance(receive(again), Hello)
    finally:
        server.close()


def test_clients_of_one_address_leave_places_for_others() -> None:
    server = serve(limits=Limits(clients=4, address_share=0.5))
    server.emit(hello())
    try:
        with client(server, "/ws") as one, client(server, "/ws") as two, client(server, "/ws") as third:
            assert [type(receive(connection)) for connection in (one, two)] == [Hello, Hello]
            assert refused(third) == 1013
            with client(server, "/ws", source_address=ANOTHER_ADDRESS) as other:
                assert isinstance(receive(other), Hello)
    finally:
        server.close()


def test_connections_that_say_nothing_leave_places_for_other_addresses() -> None:
    server = serve(limits=Limits(clients=4, spare_connections=4, address_share=0.5, handshake_s=PATIENCE_S))
    server.emit(hello())
    try:
        with ExitStack() as held:
            for _ in range(8):
                held.enter_context(plain_socket(server))
            until(lambda: server.connections == 4)
            with client(server, "/ws", source_address=ANOTHER_ADDRESS) as other:
                assert isinstance(receive(other), Hello)
    finally:
        server.close()
