"""The server that is looked at: its address, connections to its socket, and requests to the paths beside it."""

import contextlib
import http.client
import json
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self
from urllib.parse import quote, urlsplit

import numpy as np
import soundfile
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.http11 import Response
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from emostream import assets
from emostream.conformance.rules import BrokenRuleError, require
from emostream.events import Error
from emostream.protocol import VERSIONS, ServerEvent, decode_event

PATIENCE_S = 30.0
QUIET_S = 0.7  # so long nothing comes where nothing may come
RATE_HZ = 16_000
SPEECH_S = 8  # 256,000 bytes, which one message may hold
Message = dict[str, Any]


@dataclass(frozen=True)
class Closing:
    """How a connection ended: the close frame's code (1006 without one) and the events before it."""

    code: int
    events: list[ServerEvent]
    reason: str

    def error(self) -> str | None:
        """The code of the last error before it."""
        return next((event.code for event in reversed(self.events) if isinstance(event, Error)), None)


class Peer:
    """One connection to the socket. ``recv`` gives one event; all that came are in ``events``."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.events: list[ServerEvent] = []
        self.raw: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, *messages: Message | bytes) -> None:
        """JSON for a dict, a binary frame for bytes."""
        for message in messages:
            self.socket.send(message if isinstance(message, bytes) else json.dumps(message))

    def start(self, rate: int = RATE_HZ, **fields: object) -> None:
        """Begin a stream of s16le at 16 kHz unless said otherwise."""
        self.send({"type": "start", "rate": rate, "format": "s16le", **fields})

    def receive(self, timeout_s: float = PATIENCE_S) -> ServerEvent:
        """The next event. Raises ``BrokenRuleError`` for what is none, ``TimeoutError`` and ``ConnectionClosed``."""
        frame = self.socket.recv(timeout=timeout_s)
        require(isinstance(frame, str), "a binary frame", "text frames of one JSON object each")
        try:
            raw = json.loads(frame)
            event = decode_event(frame)
        except ValueError as error:
            raise BrokenRuleError(f"found {frame[:200]!r}, expected an event as documented: {error}") from error
        self.raw.append(raw)
        self.events.append(event)
        return event

    def arrived(self) -> list[ServerEvent]:
        """The events that have come by now."""
        found = []
        with contextlib.suppress(TimeoutError):
            while True:
                found.append(self.receive(0.01))
        return found

    def until(self, kind: str, timeout_s: float = PATIENCE_S) -> list[ServerEvent]:
        """The events up to the first of this ``type``."""
        deadline_s = time.monotonic() + timeout_s
        found: list[ServerEvent] = []
        try:
            while not found or tag(found[-1]) != kind:
                found.append(self.receive(max(0.0, deadline_s - time.monotonic())))
        except TimeoutError:
            seen = ", ".join(map(tag, found)) or "nothing"
            raise BrokenRuleError(f"found {seen} within {timeout_s:g} s, expected '{kind}'") from None
        except ConnectionClosed as closed:
            raise BrokenRuleError(f"found the connection closed ({closed}), expected '{kind}'") from closed
        return found

    def closing(self, timeout_s: float = PATIENCE_S) -> Closing:
        """Receive until the server closes the connection."""
        deadline_s = time.monotonic() + timeout_s
        events = []
        try:
            while True:
                events.append(self.receive(max(0.0, deadline_s - time.monotonic())))
        except TimeoutError:
            raise BrokenRuleError(
                f"found the connection open after {timeout_s:g} s, expected it to be closed"
            ) from None
        except ConnectionClosed as closed:
            frame = closed.rcvd
            return Closing(frame.code if frame else 1006, events, frame.reason if frame else "")

    def refused(self, code: str, close_code: int) -> None:
        """Require that the server ends the connection with this error and close code."""
        closing = self.closing()
        require(
            closing.error() == code, f"the error {closing.error()!r}", f"an error event {code!r} before the close frame"
        )
        require(closing.code == close_code, f"close code {closing.code}", str(close_code))

    def nothing_comes(self, why: str) -> None:
        """Require that no event comes for a moment."""
        try:
            event = self.receive(QUIET_S)
        except TimeoutError:
            return
        raise BrokenRuleError(f"found '{tag(event)}', expected nothing: {why}")

    def is_open(self) -> None:
        """Require that the connection still answers."""
        pong = self.socket.ping()
        require(pong.wait(PATIENCE_S), "no pong", "an open connection")


def tag(event: ServerEvent) -> str:
    """The ``type`` of an event."""
    return str(event.__struct_config__.tag)


@dataclass(frozen=True)
class Answer:
    """An answer to a plain HTTP request; names of headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Target:
    """The server at ``url`` (``ws://host:port/ws``). ``token`` lets a client speak, None where none is needed."""

    def __init__(self, url: str, token: str | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("ws", "wss") or not parts.hostname:
            raise ValueError(f"got {url!r}, expected the address of a socket, such as ws://127.0.0.1:8765/ws")
        self.secure = parts.scheme == "wss"
        self.host = parts.netloc.rpartition("@")[2]
        self.name, self.port = parts.hostname, parts.port or (443 if self.secure else 80)
        self.path = parts.path if parts.path not in ("", "/") else "/ws"
        self.token = token
        self._published = 0

    @property
    def authorization(self) -> dict[str, str]:
        """The header with the token, if there is one."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def connect(
        self,
        stream: str | None = "",
        *,
        versions: Sequence[str] = VERSIONS,
        headers: dict[str, str] | None = None,
        authorized: bool = True,
    ) -> Peer:
        """A connection that follows ``stream`` (None: what the server gives by itself). Raises ``InvalidStatus``."""
        query = "" if stream is None else f"?stream={quote(stream)}"
        sent = {**(self.authorization if authorized else {}), **(headers or {})}
        socket = connect(
            f"{'wss' if self.secure else 'ws'}://{self.host}{self.path}{query}",
            subprotocols=[Subprotocol(name) for name in versions] or None,
            additional_headers=sent,
            open_timeout=PATIENCE_S,
            close_timeout=1,
            ping_interval=None,
            max_queue=None,
            legacy=True,
        )
        return Peer(socket)

    def refusal(self, stream: str | None = "", **settings: Any) -> Response:
        """The HTTP response that refuses such a connection."""
        try:
            with self.connect(stream, **settings):
                pass
        except InvalidStatus as refused:
            return refused.response
        raise BrokenRuleError("found the handshake accepted, expected it to be refused")

    def request(self, path: str, method: str = "GET", *, authorized: bool = True, **headers: str) -> Answer:
        """A plain HTTP request."""
        connection = self.http()
        try:
            sent = {**(self.authorization if authorized else {}), **headers}
            connection.request(method, path, headers=sent)
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, response.read())
        finally:
            connection.close()

    def http(self) -> http.client.HTTPConnection:
        """A connection for plain HTTP."""
        if self.secure:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(self.name, self.port, timeout=PATIENCE_S, context=context)
        return http.client.HTTPConnection(self.name, self.port, timeout=PATIENCE_S)

    def new_name(self) -> str:
        """A name to publish under that nobody has."""
        self._published += 1
        return f"conformance-{time.time_ns() % 10**9}-{self._published}"

    @cached_property
    def speech(self) -> bytes:
        """Eight seconds of speech with pauses, s16le at 16 kHz."""
        samples, rate_hz = soundfile.read(assets.DEMO_RECORDING, frames=SPEECH_S * RATE_HZ, dtype="int16")
        assert rate_hz == RATE_HZ
        return np.asarray(samples, "<i2").tobytes()

    @cached_property
    def told(self) -> tuple[list[ServerEvent], list[dict[str, Any]]]:
        """All events of that speech, decoded and as they came, from ``hello`` to the summary that answers ``stop``."""
        return self.events_of(self.speech)

    def events_of(
        self, audio: bytes, frame_bytes: int = 3200, **start: Any
    ) -> tuple[list[ServerEvent], list[dict[str, Any]]]:
        """All events of a stream, decoded and as they came; ``health`` comes by the clock and is left out."""
        with self.connect() as peer:
            peer.start(**start)
            peer.send(*(audio[at : at + frame_bytes] for at in range(0, len(audio), frame_bytes)))
            peer.send({"type": "stop"})
            peer.until("summary")
            kept = [index for index, event in enumerate(peer.events) if tag(event) != "health"]
            return [peer.events[index] for index in kept], [peer.raw[index] for index in kept]
