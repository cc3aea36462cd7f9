"""Which clients are served now, and whether there is a place for one more."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from emostream.server.address_limit import AddressLimit
from emostream.server.config import Limits
from emostream.server.connection import BoundedConnection
from emostream.server.event_stream import EventStream
from emostream.server.outbox import Outbox
from emostream.server.session import ClientSession

Client = ClientSession | EventStream

_logger = logging.getLogger(__name__)


class ClientPlaces:
    """The clients of the socket and of ``/events``. The event loop's thread alone changes them."""

    def __init__(self, limits: Limits) -> None:
        self._most = limits.clients
        self._clients: dict[Outbox, Client] = {}
        self._by_address = AddressLimit(limits.clients_per_address)

    def __len__(self) -> int:
        return len(self._clients)

    def __iter__(self) -> Iterator[Client]:
        """All of them; clients may come and go meanwhile."""
        return iter(list(self._clients.values()))

    def of(self, outboxes: Iterable[Outbox]) -> list[Client]:
        """The clients that these outboxes belong to, without those that have left."""
        return [self._clients[outbox] for outbox in outboxes if outbox in self._clients]

    @contextmanager
    def place(self, connection: BoundedConnection, client: Client) -> Iterator[bool]:
        """Count a client while it is served; gives whether there is a place for it."""
        has_place = self._by_address.take(connection.group) and len(self._clients) < self._most
        if has_place:
            self._clients[client.outbox] = client
            _logger.info("a client came: %d are connected", len(self))
        try:
            yield has_place
        finally:
            self._clients.pop(client.outbox, None)
            self._by_address.give_back(connection.group)
            if has_place:
                _logger.info("a client left: %d are connected", len(self))
