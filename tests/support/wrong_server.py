"""A server that breaks the protocol on purpose: ours behind a relay that changes what is sent."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol

from emostream.server.server import Server

Event = dict[str, Any]
Frame = str | bytes


def _as_it_is(frame: Any) -> Any:
    return frame


@contextmanager
def wrong_server(
    server: Server,
    *,
    event: Callable[[Event], Event | None] = _as_it_is,
    message: Callable[[Frame], Frame | None] = _as_it_is,
    close_code: Callable[[int], int] = _as_it_is,
    limit_bytes: int = 2**18,
) -> Iterator[str]:
    """The address of a socket that relays ``server``.

    ``event`` and ``message`` change what passes, or leave it out where they return None.
    """

    def relay(outer: ServerConnection) -> None:
        assert outer.request is not None
        with connect(
            f"ws://127.0.0.1:{server.port}{outer.request.path}",
            subprotocols=[Subprotocol("emostream.v1")],
            max_queue=None,
            legacy=True,
        ) as inner:
            threading.Thread(target=_pump_messages, args=(outer, inner, message), daemon=True).start()
            _pump_events(inner, outer, event, close_code)

    listening = serve(
        relay,
        "127.0.0.1",
        0,
        subprotocols=[Subprotocol("emostream.v1")],
        compression=None,
        max_size=limit_bytes,
        ping_interval=None,
    )
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    try:
        yield f"ws://127.0.0.1:{listening.socket.getsockname()[1]}/ws"
    finally:
        listening.shutdown()
        thread.join()


def _pump_messages(outer: ServerConnection, inner: ClientConnection, change: Callable[[Frame], Frame | None]) -> None:
    with suppress(ConnectionClosed):
        for frame in outer:
            changed = change(frame)
            if changed is not None:
                inner.send(changed)
    inner.close()


def _pump_events(
    inner: ClientConnection,
    outer: ServerConnection,
    change: Callable[[Event], Event | None],
    close_code: Callable[[int], int],
) -> None:
    code = 1000
    try:
        for frame in inner:
            changed = change(json.loads(frame))
            if changed is not None:
                outer.send(json.dumps(changed))
    except ConnectionClosed as closed:
        code = closed.rcvd.code if closed.rcvd else 1011
    with suppress(ConnectionClosed):
        outer.close(close_code(code))
