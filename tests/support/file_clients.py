"""Clients that send a file as fast as the socket takes it: for tests, and for ``python -m bench.files``."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from websockets.frames import Frame, Opcode

from emostream.events import Error, Event, Summary
from emostream.protocol import decode_event

RATE_HZ = 16_000
SMALLEST_FRAME, LARGEST_FRAME = 7 * 2, 128 * 1024
SENT_AT_ONCE = 256 * 1024  # frames that are made before they are sent
SLOW_READ_BYTES, SLOW_READ_S = 2_048, 0.05
START = b'{"type":"start","rate":16000,"format":"s16le"}'


def frame_sizes(clients: int) -> list[int]:
    """Bytes of PCM a frame for each client, whole samples, from the smallest to the largest."""
    return [int(size) // 2 * 2 for size in np.geomspace(SMALLEST_FRAME, LARGEST_FRAME, clients)]


@dataclass
class FileClient:
    """One socket after its handshake, given by what sends and what receives bytes, and the events that came."""

    send: Callable[[bytes], object]
    receive: Callable[[int], bytes]
    frame_bytes: int
    reads_slowly: bool = False
    events: list[Event] = field(default_factory=list)

    def run(self, pcm: bytes) -> None:
        """Send all of the audio and read until the summary, or an error."""
        sender = threading.Thread(target=self._send, args=(pcm,), daemon=True)
        sender.start()
        rest = b""
        while not self.events or not isinstance(self.events[-1], Summary | Error):
            data = self.receive(SLOW_READ_BYTES if self.reads_slowly else 1 << 16)
            if not data:
                return
            rest = self._take(rest + data)
            if self.reads_slowly:
                time.sleep(SLOW_READ_S)
        sender.join()

    def _send(self, pcm: bytes) -> None:
        try:
            self.send(_frame(Opcode.TEXT, START))
            in_one_go = max(1, SENT_AT_ONCE // self.frame_bytes) * self.frame_bytes
            for first in range(0, len(pcm), in_one_go):
                piece = pcm[first : first + in_one_go]
                starts = range(0, len(piece), self.frame_bytes)
                self.send(b"".join(_frame(Opcode.BINARY, piece[at : at + self.frame_bytes]) for at in starts))
            self.send(_frame(Opcode.TEXT, b'{"type":"stop"}'))
        except OSError:
            pass  # the server has cut the client off, which its events show

    def _take(self, data: bytes) -> bytes:
        """Take the events of whole frames, give the rest; pings are answered."""
        while len(data) >= 2:
            size, head = data[1] & 0x7F, 2
            if size == 126:
                size, head = int.from_bytes(data[2:4], "big"), 4
            if len(data) < head + size:
                break
            kind, body, data = data[0] & 0x0F, data[head : head + size], data[head + size :]
            if kind == Opcode.PING:
                self.send(_frame(Opcode.PONG, body))
            elif kind == Opcode.TEXT:
                self.events.append(decode_event(body))
        return data


def send_at_once(clients: Sequence[FileClient], pcm: bytes) -> None:
    """All of them at once, to the end."""
    running = [threading.Thread(target=client.run, args=(pcm,)) for client in clients]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


def _frame(opcode: Opcode, body: bytes) -> bytes:
    """A frame of a client, masked with zeros, so that nothing need be computed."""
    head = Frame(opcode, b"").serialize(mask=False)[:1]
    size = len(body)
    if size < 126:
        return head + bytes([0x80 | size]) + bytes(4) + body
    if size < 1 << 16:
        return head + b"\xfe" + size.to_bytes(2, "big") + bytes(4) + body
    return head + b"\xff" + size.to_bytes(8, "big") + bytes(4) + body
