"""How many can listen, and how many can speak, on loopback, with a server in a process of its own.

    python -m bench.load listeners [--clients 1000] [--silent 100] [--seconds 600]
    python -m bench.load speakers  [--from 10] [--to 200] [--step 10] [--seconds 20]

``listeners``: one live stream (the bundled recording over and over, in real time, as raw PCM) and many label clients,
of which some never read and come back a second or two after they are cut off. Tells what readers missed, how long it
took from the end of a window to its receipt, and the server's memory. ``speakers``: streams of audio in real time, more
and more of them, until 99 of 100 estimates no longer come within 250 ms of the end of their window.

Receipt is when the kernel has it (SO_TIMESTAMPNS, Linux), so that what this client does with a thousand of them in turn
is not counted as the server's.
"""

import argparse
import base64
import json
import multiprocessing
import os
import platform
import random
import re
import selectors
import signal
import socket
import statistics
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from emostream.assets import DEMO_RECORDING

HZ = 16_000
PIECE_S = 0.025  # as a microphone gives it
FRAME_S = 0.05
MOST_P99_MS = 250
ADDRESS = re.compile(rb"http://127\.0\.0\.1:(\d+)/")
LENGTH_16 = 126
TCP_ESTABLISHED = 1
SO_TIMESTAMPNS = 35
TIMESPEC = struct.Struct("qq")
# As docs/protocol.md asks of those who come back.
COME_BACK_S = (1.0, 2.0)


def main() -> None:
    """Print one line a figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(dest="kind", required=True)
    listeners = kinds.add_parser("listeners")
    listeners.add_argument("--clients", type=int, default=1000)
    listeners.add_argument("--silent", type=int, default=100)
    listeners.add_argument("--seconds", type=float, default=600)
    speakers = kinds.add_parser("speakers")
    speakers.add_argument("--from", type=int, default=10, dest="first")
    speakers.add_argument("--to", type=int, default=200)
    speakers.add_argument("--step", type=int, default=10)
    speakers.add_argument("--seconds", type=float, default=20)
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    print(f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores, load {load:.1f}")
    if arguments.kind == "listeners":
        measure_listeners(arguments.clients, arguments.silent, arguments.seconds)
    else:
        sweep_speakers(arguments.first, arguments.to, arguments.step, arguments.seconds)


@contextmanager
def server(*arguments: str, stdin: int | None = None) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A server process and its port."""
    command = [sys.executable, "-m", "emostream", *arguments, "--port", "0"]
    process = subprocess.Popen(command, stdin=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        assert process.stderr is not None
        found = ADDRESS.search(process.stderr.readline())
        if found is None:
            raise SystemExit(f"no server came from {' '.join(command)}")
        yield process, int(found[1])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@dataclass(eq=False)
class Raw:
    """A client as light as can be, so that the server is what is measured: one socket, frames parsed by hand."""

    port: int
    path: str = "/ws"
    last_seq: int | None = None
    estimates: int = 0
    missed: int = 0
    rest: bytes = b""
    got_s: float = 0.0  # seconds since the epoch

    def __post_init__(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.socket.recv(4096)
        if not answer.startswith(b"HTTP/1.1 101"):
            raise SystemExit(f"the server answered {answer.splitlines()[0].decode()}")
        self.rest = answer.partition(b"\r\n\r\n")[2]
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setblocking(False)

    def events(self) -> Iterator[dict[str, object]]:
        """What has come, by ``got_s`` at the latest. Raises ``ConnectionError`` at the end."""
        data, ancillary, _, _ = self.socket.recvmsg(1 << 16, 64)
        if not data:
            raise ConnectionError
        for level, kind, body in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
                seconds, nanoseconds = TIMESPEC.unpack(body)
                self.got_s = seconds + nanoseconds / 1e9
        self.rest += data
        while len(self.rest) >= 2:
            size, head = self.rest[1] & 0x7F, 2
            if size == LENGTH_16:
                size, head = int.from_bytes(self.rest[2:4], "big"), 4
            if len(self.rest) < head + size:
                return
            kind, body, self.rest = self.rest[0] & 0x0F, self.rest[head : head + size], self.rest[head + size :]
            if kind == 9:
                self.send(10, body)
            elif kind == 1:
                yield json.loads(body)

    def send(self, kind: int, body: bytes) -> None:
        """One frame, masked with zeros, so that nothing need be computed."""
        size = len(body)
        short = size < LENGTH_16
        head = bytes([0x80 | kind, 0x80 | size]) if short else bytes([0x80 | kind, 0xFE]) + size.to_bytes(2, "big")
        self.socket.sendall(head + bytes(4) + body)

    def count(self, event: dict[str, object]) -> None:
        """Keep account of the numbers: what was announced as dropped is missed too."""
        seq = int(str(event["seq"]))
        if event["type"] == "hello":
            self.last_seq = seq
        elif self.last_seq is not None and seq > self.last_seq:
            self.missed += seq - self.last_seq - 1
            self.last_seq = seq


def measure_listeners(n_clients: int, n_silent: int, seconds: float) -> None:
    """One live stream, many clients."""
    pcm = (soundfile.read(DEMO_RECORDING, dtype="float32")[0] * 32767).astype("<i2").tobytes()
    began_s = multiprocessing.Value("d", 0.0)
    with server("listen", "-", "--serve", "--format", "jsonl", stdin=subprocess.PIPE) as (process, port):
        readers = {}
        for _ in range(n_clients - n_silent):
            client = Raw(port)
            readers[client.socket] = client
        comebacks = multiprocessing.Value("i", 0)
        silent = multiprocessing.Process(target=stay_silent, args=(port, n_silent, comebacks), daemon=True)
        silent.start()
        player = multiprocessing.Process(target=play, args=(process, pcm, began_s), daemon=True)
        player.start()
        waits_ms, memory_mb = watch(readers, began_s, process.pid, seconds)
        player.terminate()
        silent.terminate()
    estimates = [client.estimates for client in readers.values()]
    print(f"{n_clients} clients, {n_silent} of which never read and came back {comebacks.value} times; {seconds:.0f} s")
    print(
        f"missed by readers: {sum(client.missed for client in readers.values())} events; each got {min(estimates)} "
        f"to {max(estimates)} estimates"
    )
    print(f"window's end to receipt: {quantiles(waits_ms)}")
    by_minute = ", ".join(f"{megabytes:.0f}" for megabytes in [*memory_mb[::60], memory_mb[-1]])
    print(f"server's memory minute by minute: {by_minute} MB")


def play(process: subprocess.Popen[bytes], pcm: bytes, began_s: Any) -> None:
    """The recording in real time: each piece is written when its last sample would have been captured."""
    assert process.stdin is not None
    size, at = int(PIECE_S * HZ) * 2, 0
    twice = pcm + pcm[:size]
    began_s.value = time.time()
    while True:
        at += 1
        time.sleep(max(0.0, began_s.value + at * PIECE_S - time.time()))
        start = (at - 1) * size % len(pcm)
        process.stdin.write(twice[start : start + size])
        process.stdin.flush()


def watch(readers: dict[socket.socket, Raw], began_s: Any, pid: int, seconds: float) -> tuple[list[float], list[float]]:
    """Read for so long: waits in ms, and memory in MB every second."""
    waits_ms: list[float] = []
    memory_mb: list[float] = []
    next_look = 0.0
    selector = selectors.DefaultSelector()
    for client in readers.values():
        selector.register(client.socket, selectors.EVENT_READ, client)
    ends = time.monotonic() + seconds
    while (now := time.monotonic()) < ends:
        for key, _ in selector.select(0.1):
            client = key.data
            for event in client.events():
                client.count(event)
                if event["type"] == "estimate":
                    client.estimates += 1
                    waits_ms.append(1000 * (client.got_s - began_s.value) - float(str(event["t_end_ms"])))
        if now >= next_look:
            next_look = now + 1
            memory_mb.append(resident_mb(pid))
    return waits_ms, memory_mb


def stay_silent(port: int, n: int, comebacks: Any) -> None:
    """Hold so many clients that never read, each of which comes back a little after it was cut off."""
    clients: list[Raw | None] = [Raw(port) for _ in range(n)]
    due_s = [0.0] * n
    while True:
        time.sleep(0.05)
        for index, client in enumerate(clients):
            if client is None and time.monotonic() >= due_s[index]:
                clients[index] = Raw(port)
                comebacks.value += 1
            elif client is not None and is_cut(client.socket):
                client.socket.close()
                clients[index], due_s[index] = None, time.monotonic() + random.uniform(*COME_BACK_S)


def is_cut(sock: socket.socket) -> bool:
    """Whether the server has ended it, without reading anything."""
    state = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO)
    return bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)) or state != TCP_ESTABLISHED


def sweep_speakers(first: int, last: int, step: int, seconds: float) -> None:
    """More and more streams, until they no longer keep real time."""
    samples = soundfile.read(DEMO_RECORDING, dtype="float32")[0]
    best = 0
    with server("serve", "--streams", str(last)) as (process, port):
        for n in range(first, last + 1, step):
            waits_ms, refused = speak(port, n, (samples * 32767).astype("<i2"), seconds)
            print(
                f"{n} streams ({refused} refused): {quantiles(waits_ms)}; {resident_mb(process.pid):.0f} MB", flush=True
            )
            if refused or float(np.percentile(waits_ms, 99)) > MOST_P99_MS:
                break
            best = n
    print(f"most streams with p99 within {MOST_P99_MS} ms: {best}")


def speak(port: int, n: int, pcm: np.ndarray, seconds: float) -> tuple[list[float], int]:
    """``n`` clients send audio in real time, out of step with each other: waits in ms, and how many were refused."""
    clients = [Raw(port, "/ws?stream=") for _ in range(n)]
    selector = selectors.DefaultSelector()
    refused = 0
    for client in clients:
        client.send(1, b'{"type":"start","rate":16000,"format":"s16le"}')
        selector.register(client.socket, selectors.EVENT_READ, client)
    time.sleep(1 + 0.1 * n)
    began = time.time() + 0.5
    size = int(FRAME_S * HZ)
    due = sorted(
        (began + (k + 1) * FRAME_S + FRAME_S * i / n, i, k) for i in range(n) for k in range(int(seconds / FRAME_S))
    )
    waits_ms: list[float] = []
    for at_s, index, k in [*due, (began + seconds + 1, -1, 0)]:
        while (left := at_s - time.time()) > 0:
            for key, _ in selector.select(left):
                client = key.data
                for event in client.events():
                    refused += event["type"] == "error"
                    if event["type"] == "estimate":
                        i = clients.index(client)
                        waits_ms.append(1000 * (client.got_s - began - FRAME_S * i / n) - float(str(event["t_end_ms"])))
        if index >= 0:
            start = (index * 31 * size + k * size) % (len(pcm) - size)
            clients[index].send(2, pcm[start : start + size].tobytes())
    for client in clients:
        client.socket.close()
    time.sleep(1)
    return waits_ms, refused


def quantiles(waits_ms: list[float]) -> str:
    """Median, 99th percentile and worst, of how many."""
    if not waits_ms:
        return "nothing came"
    p99 = float(np.percentile(waits_ms, 99))
    median = statistics.median(waits_ms)
    return f"median {median:.0f} ms, p99 {p99:.0f} ms, worst {max(waits_ms):.0f} ms of {len(waits_ms)}"


def resident_mb(pid: int) -> float:
    """The memory of a process, 0 of one that has just ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except (OSError, IndexError):
        return 0.0


if __name__ == "__main__":
    main()
