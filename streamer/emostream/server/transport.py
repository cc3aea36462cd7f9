"""What stands between a client's TCP connection and its WebSocket: pieces of few frames, and TLS where it is asked for.

asyncio's own TLS takes 256 kB a connection from its accept on and hands on whatever has come at once. Here a read is at
most ``READ_BYTES``, plain or not, and TLS holds no more than OpenSSL does.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import Any

from emostream.server.frame_counter import FrameCounter

READ_BYTES = 16 * 1024
# About 2 ms of parsing, then other clients have their turn.
FRAMES_AT_ONCE = 32
# So long every read was as large as it may be: more is sent than can be parsed.
PRESSED_S = 0.5


class ClientTransport(asyncio.Transport):
    """The transport that a connection writes to. What comes in goes through ``receive`` to ``deliver``.

    ``count_idle`` is told how many control frames and empty frames a piece holds, and says whether they are within the
    rate: if not, the client is cut off before they are parsed. The event loop's thread alone uses it.
    """

    def __init__(
        self,
        tcp: asyncio.Transport,
        loop: asyncio.AbstractEventLoop,
        deliver: Callable[[bytes], None],
        count_idle: Callable[[int], bool],
    ) -> None:
        super().__init__()
        self._tcp = tcp
        self._loop = loop
        self._deliver = deliver
        self._count_idle = count_idle
        self._frames = FrameCounter()
        self._held = b""  # has come, and waits for its turn
        self._wants_more = True  # the connection, which pauses while its queue is full
        self._is_scheduled = False
        self._full_since_s: float | None = None  # since when each read was as large as it may be

    @property
    def is_pressed(self) -> bool:
        """Whether the client sends faster than its frames can be parsed, as a file in tiny frames."""
        return self._full_since_s is not None and self._loop.time() - self._full_since_s >= PRESSED_S

    @property
    def is_reading_on(self) -> bool:
        """Whether nothing holds up what the client sends."""
        return self._wants_more and not self._held

    def receive(self, data: bytes) -> None:
        """Bytes came from TCP."""
        if len(data) < READ_BYTES:
            self._full_since_s = None
        elif self._full_since_s is None:
            self._full_since_s = self._loop.time()
        self._receive(data)

    def _receive(self, data: bytes) -> None:
        """Bytes of the HTTP request or of frames came."""
        self._held += data
        self._hand_on()

    def pause_reading(self) -> None:
        self._wants_more = False
        self._tcp.pause_reading()

    def resume_reading(self) -> None:
        self._wants_more = True
        self._read_on()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        # asyncio warns of each write to a connection that is lost, such as those of a flood's pongs.
        if not self._tcp.is_closing():
            self._tcp.write(data)

    def can_write_eof(self) -> bool:
        return self._tcp.can_write_eof()

    def write_eof(self) -> None:
        self._tcp.write_eof()

    def close(self) -> None:
        self._tcp.close()

    def abort(self) -> None:
        self._held = b""
        self._tcp.abort()

    def is_closing(self) -> bool:
        return self._tcp.is_closing()

    def is_reading(self) -> bool:
        return self._tcp.is_reading()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._tcp.set_write_buffer_limits(high, low)

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._tcp.get_write_buffer_limits()

    def get_write_buffer_size(self) -> int:
        return self._tcp.get_write_buffer_size()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._tcp.get_extra_info(name, default)

    def _hand_on(self) -> None:
        counted = self._frames.idle_frames
        end = self._frames.take(self._held, FRAMES_AT_ONCE)
        if not self._count_idle(self._frames.idle_frames - counted):
            self.abort()
            return
        piece, self._held = self._held[:end], self._held[end:]
        if self._held:
            self._tcp.pause_reading()
        if piece:
            self._deliver(piece)
        if self._held:
            self._read_on()

    def _read_on(self) -> None:
        """Hand on what is held in the loop's next round, then read from TCP again; not while the connection pauses."""
        if not self._wants_more or self._tcp.is_closing():
            return
        if not self._held:
            self._tcp.resume_reading()
        elif not self._is_scheduled:
            self._is_scheduled = True
            self._loop.call_soon(self._hand_on_held)

    def _hand_on_held(self) -> None:
        self._is_scheduled = False
        if self._wants_more and self._held and not self._tcp.is_closing():
            self._hand_on()
            if not self._held:
                self._read_on()


class TlsTransport(ClientTransport):
    """The same through TLS, of which this is the server's side. A client that breaks TLS is cut off."""

    def __init__(
        self,
        tcp: asyncio.Transport,
        loop: asyncio.AbstractEventLoop,
        deliver: Callable[[bytes], None],
        count_idle: Callable[[int], bool],
        context: ssl.SSLContext,
    ) -> None:
        super().__init__(tcp, loop, deliver, count_idle)
        self._encrypted, self._to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._encrypted, self._to_send, server_side=True)
        self._is_open = False  # the TLS handshake is done

    def _receive(self, data: bytes) -> None:
        self._encrypted.write(data)
        plain, ended = b"", False
        try:
            if not self._is_open:
                self._tls.do_handshake()
                self._is_open = True
            while chunk := self._tls.read(READ_BYTES):
                plain += chunk
            ended = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            self._flush()  # the alert that says why
            self.abort()
            return
        self._flush()
        if plain:
            super()._receive(plain)
        if ended:
            self.close()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._tcp.is_closing():
            return
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._tls.write(rest) :]
        except ssl.SSLError:
            self.abort()
            return
        self._flush()

    def can_write_eof(self) -> bool:
        return False  # TLS has no half-closed connections

    def write_eof(self) -> None:
        raise NotImplementedError("TLS cannot be closed in one direction")

    def close(self) -> None:
        if self._tcp.is_closing():
            return
        if self._is_open:
            with contextlib.suppress(ssl.SSLError):  # it has written the end, and does not wait for the client's
                self._tls.unwrap()
            self._flush()
        self._tcp.close()

    def _flush(self) -> None:
        if (data := self._to_send.read()) and not self._tcp.is_closing():
            self._tcp.write(data)
