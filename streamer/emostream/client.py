"""A client of ``emostream serve``, with asyncio and without: events come out, audio and controls go in.

    with connect("ws://127.0.0.1:8765/ws?stream=") as client:
        client.start(16_000)
        client.send(samples)
        client.stop()
        for event in client:
            print(event)

Iterating ends with the summary that answers ``stop``, and where the server closes the connection in order.
``ConnectionClosed`` of websockets, with the code of ``docs/protocol.md``, is raised where the server ends it with an
error.
"""

from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import Self

import msgspec
import numpy as np
from websockets.asyncio.client import ClientConnection as AsyncConnection
from websockets.asyncio.client import connect as connect_async
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as connect_plain
from websockets.typing import Subprotocol

from emostream.events import Summary
from emostream.inference.profile import SpeakerProfile
from emostream.pcm import AudioArray, mono_samples
from emostream.protocol import (
    VERSIONS,
    AskProfile,
    Flush,
    Lost,
    Message,
    Reset,
    ServerEvent,
    SetMood,
    Start,
    Stop,
    Subscribe,
    decode_event,
)

_SUBPROTOCOLS = [Subprotocol(name) for name in VERSIONS]
_OWN_STREAM = "audio"
# So that no message is larger than the server takes, however long the audio is.
MOST_BYTES = 64 * 1024


def connect(url: str = "ws://127.0.0.1:8765/ws", *, token: str | None = None) -> "Client":
    """Connect without asyncio; use it in a ``with``. Raises ``OSError`` and ``InvalidStatus`` of websockets."""
    # What is not read yet waits here without a bound: a client may send all of its audio before it reads.
    socket = connect_plain(
        url, subprotocols=_SUBPROTOCOLS, additional_headers=_headers(token), max_queue=None, legacy=True
    )
    return Client(socket)


async def aconnect(url: str = "ws://127.0.0.1:8765/ws", *, token: str | None = None) -> "AsyncClient":
    """Connect with asyncio: ``async with await aconnect(…) as client``. Raises as ``connect`` does."""
    socket = await connect_async(url, subprotocols=_SUBPROTOCOLS, additional_headers=_headers(token), max_queue=None)
    return AsyncClient(socket)


class _OwnStream:
    """Which summary is the last event of the client's own stream: the one that answers ``stop``.

    One thread may send while another one iterates: each counter is written by one of the two alone.
    """

    def __init__(self) -> None:
        self._name = _OWN_STREAM
        self._summaries_due = 0
        self._summaries_received = 0
        self._stopped = False

    def sent(self, message: Message) -> None:
        match message:
            case Start():
                self._name, self._stopped = message.publish or _OWN_STREAM, False
            case Flush():
                self._summaries_due += 1
            case Stop():
                self._summaries_due += 1
                self._stopped = True

    def ends_with(self, event: ServerEvent) -> bool:
        if not isinstance(event, Summary) or event.stream != self._name:
            return False
        self._summaries_received += 1
        return self._stopped and self._summaries_received >= self._summaries_due


class Client:
    """One connection: iterate over it for events, call it to send."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._own_stream = _OwnStream()

    def start(self, rate: int, *, profile: SpeakerProfile | None = None, publish: str | None = None) -> None:
        """Begin to send audio at ``rate`` Hz; see ``Start`` for the rest."""
        self.send_message(Start(rate=rate, format="f32le", profile=profile, publish=publish))

    def send(self, audio: AudioArray | bytes) -> None:
        """Audio: float32 in [-1, 1] or int16, of shape (n,) or (n, channels), or mono f32le as bytes.

        Raises ``TypeError`` and ``ValueError`` for anything else.
        """
        for frame in _frames(audio):
            self._socket.send(frame)

    def lost(self, samples: int) -> None:
        """So many samples were lost here."""
        self.send_message(Lost(samples=samples))

    def flush(self) -> None:
        """Read what was sent to its end; a ``summary`` follows."""
        self.send_message(Flush())

    def reset(self) -> None:
        """Forget what was sent; a ``hello`` follows."""
        self.send_message(Reset())

    def set_mood(self, mood: str | None) -> None:
        """What follows is spoken in this mood, a label, for the profile, or in none; a ``mood`` follows."""
        self.send_message(SetMood(mood=mood))

    def ask_profile(self, name: str) -> None:
        """How this voice speaks, as numbers; a ``profile`` follows."""
        self.send_message(AskProfile(name=name))

    def stop(self) -> None:
        """The audio has ended; the ``summary`` is the stream's last event, and ends iterating."""
        self.send_message(Stop())

    def subscribe(self, stream: str | None) -> None:
        """Follow another stream, or none."""
        self.send_message(Subscribe(stream=stream))

    def send_message(self, message: Message) -> None:
        """Any message of ``emostream.protocol``."""
        self._own_stream.sent(message)
        self._socket.send(msgspec.json.encode(message), text=True)

    def close(self) -> None:
        """Close the connection in order."""
        self._socket.close()

    def __iter__(self) -> Iterator[ServerEvent]:
        for text in self._socket:
            event = decode_event(text)
            # Before the event is handed on: whoever breaks out at the summary does not come back here.
            is_last = self._own_stream.ends_with(event)
            yield event
            if is_last:
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncClient:
    """As ``Client``, to be awaited."""

    def __init__(self, socket: AsyncConnection) -> None:
        self._socket = socket
        self._own_stream = _OwnStream()

    async def start(self, rate: int, *, profile: SpeakerProfile | None = None, publish: str | None = None) -> None:
        """As ``Client.start``."""
        await self.send_message(Start(rate=rate, format="f32le", profile=profile, publish=publish))

    async def send(self, audio: AudioArray | bytes) -> None:
        """As ``Client.send``."""
        for frame in _frames(audio):
            await self._socket.send(frame)

    async def lost(self, samples: int) -> None:
        """As ``Client.lost``."""
        await self.send_message(Lost(samples=samples))

    async def flush(self) -> None:
        """As ``Client.flush``."""
        await self.send_message(Flush())

    async def reset(self) -> None:
        """As ``Client.reset``."""
        await self.send_message(Reset())

    async def set_mood(self, mood: str | None) -> None:
        """As ``Client.set_mood``."""
        await self.send_message(SetMood(mood=mood))

    async def ask_profile(self, name: str) -> None:
        """As ``Client.ask_profile``."""
        await self.send_message(AskProfile(name=name))

    async def stop(self) -> None:
        """As ``Client.stop``."""
        await self.send_message(Stop())

    async def subscribe(self, stream: str | None) -> None:
        """As ``Client.subscribe``."""
        await self.send_message(Subscribe(stream=stream))

    async def send_message(self, message: Message) -> None:
        """Any message of ``emostream.protocol``."""
        self._own_stream.sent(message)
        await self._socket.send(msgspec.json.encode(message), text=True)

    async def close(self) -> None:
        """As ``Client.close``."""
        await self._socket.close()

    async def __aiter__(self) -> AsyncIterator[ServerEvent]:
        async for text in self._socket:
            event = decode_event(text)
            # Before the event is handed on: whoever breaks out at the summary does not come back here.
            is_last = self._own_stream.ends_with(event)
            yield event
            if is_last:
                return

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _headers(token: str | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token}"}


def _frames(audio: AudioArray | bytes) -> Iterator[bytes]:
    data = audio if isinstance(audio, bytes) else np.ascontiguousarray(mono_samples(audio), "<f4").tobytes()
    for start in range(0, len(data), MOST_BYTES):
        yield data[start : start + MOST_BYTES]
