"""A receiver of Open Sound Control on a real UDP port."""

import threading
from typing import Any, Self

from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import BlockingOSCUDPServer

from tests.support.serving import until


class OscReceiver:
    """Keeps each message as (address, arguments) until the block ends."""

    def __init__(self, port: int = 0) -> None:
        self.received: list[tuple[str, tuple[Any, ...]]] = []
        dispatcher = Dispatcher()
        dispatcher.set_default_handler(lambda address, *arguments: self.received.append((address, arguments)))
        self._server = BlockingOSCUDPServer(("127.0.0.1", port), dispatcher)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait_for(self, address: str, *arguments: Any) -> None:
        """Wait until this was received."""
        until(lambda: (address, arguments) in self.received)

    def values(self, address: str) -> list[Any]:
        """What came to an address, in order."""
        return [value for found, (value, *_) in self.received if found == address]
