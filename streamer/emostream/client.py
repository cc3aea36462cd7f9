"""A client of ``emostream serve``, with asyncio and without: events come out, audio and wishes go in.

    with connect("ws://127.0.0.1:8765/ws?stream=") as client:
        client.start(16_000)
        client.send(samples)
        client.stop()
        for event in client:
            print(event)

``ConnectionClosed`` of websockets, with the code of ``docs/protocol.md``, is raised where the server ends it with an
error; iterating ends without one where it is closed in order.
"""

from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray
from websockets.asyncio.client import ClientConnection as AsyncConnection
from websockets.asyncio.client import connect as connect_async
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as connect_plain
from websockets.typing import Subprotocol

from emostream.inference.speaker import SpeakerProfile
from emostream.protocol import (
    VERSIONS,
    AskProfile,
    Flush,
    Lost,
    Message,
    Reset,
    ServerEvent,
    Start,
    Stop,
    Subscribe,
    decode_event,
)

Audio = NDArray[np.float32] | bytes
_SUBPROTOCOLS = [Subprotocol(name) for name in VERSIONS]
# So that no message is larger than the server takes, however long the audio is.
MOST_BYTES = 64 * 1024


def connect(url: str = "ws://127.0.0.1:8765/ws", *, token: str | None = None) -> "Client":
    """Connect without asyncio; use it in a ``with``. Raises ``OSError`` and ``InvalidStatus`` of websockets."""
    # What is not read yet waits here without a bound: a client may send all of its audio before it reads.
    socket = connect_plain(url, subprotocols=_SUBPROTOCOLS, additional_headers=_headers(token), max_queue=None)
    return Client(socket)


async def aconnect(url: str = "ws://127.0.0.1:8765/ws", *, token: str | None = None) -> "AsyncClient":
    """Connect with asyncio: ``async with await aconnect(…) as client``. Raises as ``connect`` does."""
    socket = await connect_async(url, subprotocols=_SUBPROTOCOLS, additional_headers=_headers(token), max_queue=None)
    return AsyncClient(socket)


class Client:
    """One connection: iterate over it for events, call it to send."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    def start(self, rate: int, *, profile: SpeakerProfile | None = None, publish: str | None = None) -> None:
        """Begin to send mono audio at ``rate`` Hz; see ``Start`` for the rest."""
        self._say(Start(rate=rate, format="f32le", profile=profile, publish=publish))

    def send(self, audio: Audio) -> None:
        """Audio: float32 of shape (n,) in [-1, 1], or f32le as bytes."""
        for frame in _frames(audio):
            self._socket.send(frame)

    def lost(self, samples: int) -> None:
        """So many samples were lost here."""
        self._say(Lost(samples=samples))

    def flush(self) -> None:
        """Judge what was sent; a ``summary`` follows."""
        self._say(Flush())

    def reset(self) -> None:
        """Forget what was sent; a ``hello`` follows."""
        self._say(Reset())

    def ask_profile(self, name: str) -> None:
        """How this voice speaks, as numbers; a ``profile`` follows."""
        self._say(AskProfile(name=name))

    def stop(self) -> None:
        """The audio has ended; the ``summary`` is the stream's last event."""
        self._say(Stop())

    def subscribe(self, stream: str | None) -> None:
        """Follow another stream, or none."""
        self._say(Subscribe(stream=stream))

    def close(self) -> None:
        """Say goodbye."""
        self._socket.close()

    def __iter__(self) -> Iterator[ServerEvent]:
        for text in self._socket:
            yield decode_event(text)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _say(self, message: Message) -> None:
        self._socket.send(msgspec.json.encode(message), text=True)


class AsyncClient:
    """As ``Client``, to be awaited."""

    def __init__(self, socket: AsyncConnection) -> None:
        self._socket = socket

    async def start(self, rate: int, *, profile: SpeakerProfile | None = None, publish: str | None = None) -> None:
        """Begin to send mono audio at ``rate`` Hz; see ``Start`` for the rest."""
        await self.say(Start(rate=rate, format="f32le", profile=profile, publish=publish))

    async def send(self, audio: Audio) -> None:
        """Audio: float32 of shape (n,) in [-1, 1], or f32le as bytes."""
        for frame in _frames(audio):
            await self._socket.send(frame)

    async def stop(self) -> None:
        """The audio has ended; the ``summary`` is the stream's last event."""
        await self.say(Stop())

    async def say(self, message: Message) -> None:
        """Any message of ``emostream.protocol``."""
        await self._socket.send(msgspec.json.encode(message), text=True)

    async def close(self) -> None:
        """Say goodbye."""
        await self._socket.close()

    async def __aiter__(self) -> AsyncIterator[ServerEvent]:
        async for text in self._socket:
            yield decode_event(text)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _headers(token: str | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token}"}


def _frames(audio: Audio) -> Iterator[bytes]:
    data = audio if isinstance(audio, bytes) else np.ascontiguousarray(audio, "<f4").tobytes()
    for start in range(0, len(data), MOST_BYTES):
        yield data[start : start + MOST_BYTES]
