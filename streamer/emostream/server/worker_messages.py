"""What the server and the processes that read clients' audio say to each other: MessagePack behind its length.

A ``client`` is a number that the server gives each stream. What has a form in the protocol already, events and a
client's messages, goes in that form.
"""

import struct
from collections.abc import Iterator

import msgspec

_LENGTH = struct.Struct("<I")


class Message(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """One of those below."""


class Setup(Message, frozen=True):
    """To a process, first: what to load, as ``assets.load_stream_factory`` takes it."""

    models: tuple[str, ...]
    reliability: str | None
    be_right: float | None
    drift: bool


class Open(Message, frozen=True):
    """To a process: a stream begins."""

    client: int
    start: bytes
    name: str


class Audio(Message, frozen=True):
    """To a process: a frame of PCM, which arrived at ``arrived_s`` (``time.monotonic()``)."""

    client: int
    data: bytes
    arrived_s: float
    at_once: bool


class ControlMessage(Message, frozen=True):
    """To a process: a message of the client that goes with its audio."""

    client: int
    message: bytes
    arrived_s: float


class Taken(Message, frozen=True):
    """To a process: the client has taken so many more events."""

    client: int
    events: int


class Close(Message, frozen=True):
    """To a process: read no more of it."""

    client: int


class Counts(Message, frozen=True):
    """To a process: of the whole server, for ``health``."""

    clients: int
    dropped_events: int


class Ready(Message, frozen=True):
    """From a process: the models are loaded, or why they are not."""

    complaint: str = ""


class Opened(Message, frozen=True):
    """From a process: the stream has begun."""

    client: int


class Refused(Message, frozen=True):
    """From a process: the client did something that ends its connection."""

    client: int
    code: str
    line: str


class Failed(Message, frozen=True):
    """From a process: the stream failed; ``trace`` is for the log."""

    client: int
    trace: str


class Read(Message, frozen=True):
    """From a process: a piece was read; ``bytes_read`` and ``controls_read`` are of the stream since its beginning."""

    client: int
    events: list[bytes]
    is_end: bool
    bytes_read: int
    controls_read: int


class Load(Message, frozen=True):
    """From a process, when it changes: as the properties of ``BatchScheduler`` have it."""

    lag_s: float
    network_interval: int
    sparse_steps: int


ToProcess = Setup | Open | Audio | ControlMessage | Taken | Close | Counts
FromProcess = Ready | Opened | Refused | Failed | Read | Load

_encoder = msgspec.msgpack.Encoder()
to_process = msgspec.msgpack.Decoder(ToProcess)
from_process = msgspec.msgpack.Decoder(FromProcess)


def packed(message: Message) -> bytes:
    """A message as it is sent."""
    body = _encoder.encode(message)
    return _LENGTH.pack(len(body)) + body


class Unpacker:
    """Cuts bytes that come in pieces into the bodies of messages."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def push(self, data: bytes) -> Iterator[bytes]:
        """The bodies that are complete."""
        self._pending += data
        start = 0
        while len(self._pending) - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._pending, start)
            end = start + _LENGTH.size + length
            if end > len(self._pending):
                break
            yield bytes(self._pending[start + _LENGTH.size : end])
            start = end
        del self._pending[:start]
