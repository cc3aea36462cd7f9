"""The reader whose work is done by processes: in one process Python's lock lets one thread at a time go on."""

import asyncio
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from emostream.errors import ModelError, UnavailableError
from emostream.pcm import PcmDecoder
from emostream.protocol import Start, decode_event
from emostream.server.audio_reader import AudioClient, ReadAudio
from emostream.server.client_audio import MOST_CONTROLS, MOST_QUEUED_S, Control
from emostream.server.close_codes import RefusedError
from emostream.server.hub import ROOM
from emostream.server.worker_messages import (
    Audio,
    Close,
    ControlMessage,
    Counts,
    Failed,
    FromProcess,
    Load,
    Message,
    Open,
    Opened,
    Read,
    Ready,
    Refused,
    Setup,
    Taken,
    Unpacker,
    from_process,
    packed,
)

START_S = 60.0
END_S = 5.0
COUNT_EVERY_S = 1.0
READ_BYTES = 64 * 1024

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Workers:
    """How many processes, and what each loads."""

    count: int
    setup: Setup


class WorkerProcess(asyncio.Protocol):
    """One process, as the event loop sees it."""

    def __init__(self, setup: Setup, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._unpacker = Unpacker()
        self.clients: dict[int, ProcessAudio] = {}
        self.load = Load(0.0, 1, 0)
        self.is_alive = True
        self._transport: asyncio.Transport | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sock, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "emostream.server.worker", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        self._sock.sendall(packed(setup))

    def wait_until_ready(self) -> None:
        """Return when its models are loaded. Raises ``ModelError`` and ``UnavailableError``."""
        self._sock.settimeout(START_S)
        try:
            bodies: list[bytes] = []
            while not bodies:
                data = self._sock.recv(READ_BYTES)
                if not data:
                    raise UnavailableError("a process that reads clients' audio ended before it had begun")
                bodies += self._unpacker.push(data)
        except TimeoutError:
            raise UnavailableError(
                f"a process that reads clients' audio did not start within {START_S:.0f} s"
            ) from None
        ready = from_process.decode(bodies[0])
        assert isinstance(ready, Ready), "it says so first"
        if ready.complaint:
            raise ModelError(ready.complaint)

    async def attach(self) -> None:
        """From here on the running event loop reads what it says."""
        self._sock.setblocking(False)
        self._loop = asyncio.get_running_loop()
        await self._loop.create_connection(lambda: self, sock=self._sock)

    def send(self, message: Message) -> None:
        """Send a message; to a process that has ended none."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(packed(message))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        for body in self._unpacker.push(data):
            self._handle(from_process.decode(body))
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.is_alive:  # it was ended, as the server is
            return
        _logger.error("a process that reads clients' audio has ended")
        self.is_alive = False
        clients, self.clients = list(self.clients.values()), {}
        for client in clients:
            client.fail(None)

    def end(self) -> None:
        """End the process, which ends by itself when nobody is at the other end. Not from the event loop's thread."""
        self.is_alive = False
        if self._loop is not None and self._transport is not None:
            with suppress(RuntimeError):  # the loop has ended, and closed it
                self._loop.call_soon_threadsafe(self._transport.abort)
        else:
            self._sock.close()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _handle(self, message: FromProcess) -> None:
        if isinstance(message, Load):
            self.load = message
            return
        assert not isinstance(message, Ready), "it says so once"
        client = self.clients.get(message.client)
        if client is None:  # it has closed meanwhile
            return
        match message:
            case Opened():
                client.opened.set_result(None)
            case Read():
                client.note(message)
            case Refused(code=code, line=line):
                client.refuse(RefusedError(code, line))
            case Failed(trace=trace):
                _logger.error("a client's stream failed\n%s", trace)
                client.fail(None)


class ProcessAudio:
    """One client's audio, which a process reads. It belongs to the event loop's thread."""

    def __init__(self, process: WorkerProcess, number: int, start: Start, client: AudioClient) -> None:
        self._process = process
        self._number = number
        self._client = client
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._most_bytes = MOST_QUEUED_S * start.rate * PcmDecoder(start.format, start.channels).sample_bytes
        self._bytes_put = self._controls_put = 0
        self._bytes_read = self._controls_read = 0
        self._untaken = 0

    @property
    def is_full(self) -> bool:
        waiting = self._bytes_put - self._bytes_read
        return waiting > self._most_bytes or self._controls_put - self._controls_read >= MOST_CONTROLS

    def put(self, item: bytes | Control, *, at_once: bool) -> None:
        if isinstance(item, bytes):
            self._bytes_put += len(item)
            self._process.send(Audio(self._number, item, time.monotonic(), at_once))
        else:
            self._controls_put += 1
            self._process.send(ControlMessage(self._number, msgspec.json.encode(item), time.monotonic()))

    def taken(self) -> None:
        if self._untaken >= ROOM // 2 and self._client.has_room():
            self._process.send(Taken(self._number, self._untaken))
            self._untaken = 0

    def close(self) -> None:
        if self._process.clients.pop(self._number, None) is not None:
            self._process.send(Close(self._number))

    def note(self, read: Read) -> None:
        """A piece was read."""
        self._bytes_read, self._controls_read = read.bytes_read, read.controls_read
        self._untaken += len(read.events)
        if read.is_end:
            self._process.clients.pop(self._number, None)
        self._client.deliver([decode_event(event) for event in read.events], read.is_end)

    def refuse(self, refused: RefusedError) -> None:
        """The client did something that ends its connection, or its stream cannot begin."""
        self._process.clients.pop(self._number, None)
        if self.opened.done():
            self._client.fail(refused)
        else:
            self.opened.set_exception(refused)

    def fail(self, refused: RefusedError | None) -> None:
        """The stream is no more."""
        self._process.clients.pop(self._number, None)
        if self.opened.done():
            self._client.fail(refused)
        else:
            self.opened.set_exception(RefusedError("internal", "a fault of the server"))


class ProcessReader:
    """Reads in processes, each of which takes the next client when it has the fewest.

    ``wake`` is called when clients got events; ``clients`` and ``dropped_events`` give the server's, for ``health``.
    Raises ``ModelError`` for models that cannot be loaded, and ``UnavailableError`` where processes cannot be had.
    """

    def __init__(
        self,
        workers: Workers,
        wake: Callable[[], None],
        clients: Callable[[], int],
        dropped_events: Callable[[], int],
    ) -> None:
        if os.name != "posix":
            raise UnavailableError("found --workers on a system without Unix sockets: leave it out")
        self._clients, self._dropped_events = clients, dropped_events
        self._counted: Counts | None = None
        self._numbers = 0
        self._processes = [WorkerProcess(workers.setup, wake) for _ in range(workers.count)]
        try:
            for process in self._processes:
                process.wait_until_ready()
        except BaseException:
            self.close()
            raise

    async def attach(self) -> None:
        """Work in the running event loop from now on."""
        for process in self._processes:
            await process.attach()
        self._count()

    @property
    def streams(self) -> int:
        return sum(len(process.clients) for process in self._processes)

    @property
    def is_alive(self) -> bool:
        return all(process.is_alive for process in self._processes)

    @property
    def lag_s(self) -> float:
        return max(process.load.lag_s for process in self._processes)

    @property
    def network_interval(self) -> int:
        return max(process.load.network_interval for process in self._processes)

    @property
    def sparse_steps(self) -> int:
        return sum(process.load.sparse_steps for process in self._processes)

    async def open(self, start: Start, name: str, client: AudioClient) -> ReadAudio:
        alive = [process for process in self._processes if process.is_alive]
        if not alive:
            raise RefusedError("internal", "a fault of the server")
        process = min(alive, key=lambda process: len(process.clients))
        self._numbers += 1
        audio = process.clients[self._numbers] = ProcessAudio(process, self._numbers, start, client)
        process.send(Open(self._numbers, msgspec.json.encode(start), name))
        try:
            await audio.opened
        except BaseException:
            audio.close()
            raise
        return audio

    def close(self) -> None:
        for process in self._processes:
            process.end()

    def _count(self) -> None:
        counts = Counts(self._clients(), self._dropped_events())
        if counts != self._counted:
            self._counted = counts
            for process in self._processes:
                process.send(counts)
        asyncio.get_running_loop().call_later(COUNT_EVERY_S, self._count)
