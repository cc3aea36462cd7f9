"""How many label clients and how many audio streams a server in a process of its own serves on loopback.

    python -m bench.load listeners [--clients 1000] [--silent 100] [--seconds 600] [--tls]
    python -m bench.load speakers  [--from 10] [--to 200] [--step 10] [--seconds 20] [--workers 0] [--tls]

``listeners``: one live stream (the bundled recording over and over, in real time, as raw PCM) and many label clients,
of which some never read and connect again a second or two after they are cut off. Prints what readers missed, the time
from the end of a window to its receipt, and the server's memory. ``speakers``: streams of audio in real time, more
and more of them, until 99 of 100 estimates no longer come within 250 ms of the end of their window; of each number the
server's CPU for a second of a voice too, by thread, and how many times more rarely than usual the networks ran at the
end (``network_interval``). With ``--tls`` it is all over ``wss``.

An event counts as received when the kernel has it (SO_TIMESTAMPNS, Linux), so that the time in which this client serves
a thousand sockets is not counted as the server's.
"""

import argparse
import multiprocessing
import os
import platform
import random
import re
import selectors
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from bench.raw_client import RawClient
from emostream.assets import DEMO_RECORDING
from tests.support.certificates import make_certificate

HZ = 16_000
PIECE_S = 0.025  # as a microphone gives it
FRAME_S = 0.05
MOST_P99_MS = 250
ADDRESS = re.compile(rb"https?://127\.0\.0\.1:(\d+)/")
TCP_ESTABLISHED = 1
# As docs/protocol.md asks of clients that connect again.
RECONNECT_S = (1.0, 2.0)


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
    speakers.add_argument("--workers", type=int, default=0, help="processes that read the audio, 0 for threads")
    for kind in (listeners, speakers):
        kind.add_argument("--tls", action="store_true")
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    print(f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores, load {load:.1f}")
    with tls_files() if arguments.tls else nullcontext() as tls:
        if arguments.kind == "listeners":
            measure_listeners(arguments.clients, arguments.silent, arguments.seconds, tls)
        else:
            counts = range(arguments.first, arguments.to + 1, arguments.step)
            sweep_speakers(counts, arguments.seconds, arguments.workers, tls)


@dataclass(frozen=True)
class Tls:
    """The options of a server with TLS, and what its clients trust."""

    options: tuple[str, ...]
    trusted: ssl.SSLContext


@contextmanager
def tls_files() -> Iterator[Tls]:
    """A certificate for localhost of one's own."""
    with tempfile.TemporaryDirectory() as folder:
        made = make_certificate(Path(folder))
        options = ("--certificate", str(made.certificate), "--key", str(made.key))
        yield Tls(options, ssl.create_default_context(cafile=str(made.certificate)))


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


def measure_listeners(n_clients: int, n_silent: int, seconds: float, tls: Tls | None) -> None:
    """One live stream, many clients."""
    pcm = (soundfile.read(DEMO_RECORDING, dtype="float32")[0] * 32767).astype("<i2").tobytes()
    began_s = multiprocessing.Value("d", 0.0)
    command = ("listen", "-", "--serve", "--format", "jsonl", "--address-share", "1", *(tls.options if tls else ()))
    trusted = tls.trusted if tls else None
    with server(*command, stdin=subprocess.PIPE) as (process, port):
        readers = selectors.DefaultSelector()
        for _ in range(n_clients - n_silent):
            client = RawClient(port, tls=trusted)
            readers.register(client.socket, selectors.EVENT_READ, client)
            for key, _ in readers.select(0):  # pings, while the others connect
                list(key.data.events())
        reconnections = multiprocessing.Value("i", 0)
        silent = multiprocessing.Process(target=stay_silent, args=(port, n_silent, reconnections, trusted), daemon=True)
        silent.start()
        player = multiprocessing.Process(target=play, args=(process, pcm, began_s), daemon=True)
        player.start()
        waits_ms, memory_mb = watch(readers, began_s, process.pid, seconds)
        player.terminate()
        silent.terminate()
    clients: list[RawClient] = [key.data for key in readers.get_map().values()]
    estimates = [client.estimates for client in clients]
    print(
        f"{n_clients} clients, {n_silent} of which never read and connected again {reconnections.value} times; "
        f"{seconds:.0f} s"
    )
    print(
        f"missed by readers: {sum(client.missed for client in clients)} events; each got {min(estimates)} "
        f"to {max(estimates)} estimates"
    )
    print(f"window's end to receipt: {quantiles(waits_ms)}")
    by_minute = ", ".join(f"{megabytes:.0f}" for megabytes in [*memory_mb[::60], memory_mb[-1]])
    print(f"server's memory minute by minute: {by_minute} MB")


def play(process: subprocess.Popen[bytes], pcm: bytes, began_s: Any) -> None:
    """The recording in real time: each piece is written when its last sample would have been captured."""
    assert process.stdin is not None
    size, at = int(PIECE_S * HZ) * 2, 0
    wrapped = pcm + pcm[:size]
    began_s.value = time.time()
    while True:
        at += 1
        time.sleep(max(0.0, began_s.value + at * PIECE_S - time.time()))
        start = (at - 1) * size % len(pcm)
        process.stdin.write(wrapped[start : start + size])
        process.stdin.flush()


def watch(readers: selectors.BaseSelector, began_s: Any, pid: int, seconds: float) -> tuple[list[float], list[float]]:
    """Read for ``seconds``: waits in ms, and the server's memory in MB every second."""
    waits_ms: list[float] = []
    memory_mb: list[float] = []
    next_look = 0.0
    ends = time.monotonic() + seconds
    while (now := time.monotonic()) < ends:
        for key, _ in readers.select(0.1):
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


def stay_silent(port: int, n: int, reconnections: Any, tls: ssl.SSLContext | None) -> None:
    """Hold ``n`` clients that never read, each of which connects again a little after it was cut off."""
    clients: list[RawClient | None] = [RawClient(port, tls=tls) for _ in range(n)]
    due_s = [0.0] * n
    while True:
        time.sleep(0.05)
        for index, client in enumerate(clients):
            if client is None and time.monotonic() >= due_s[index]:
                clients[index] = RawClient(port, tls=tls)
                reconnections.value += 1
            elif client is not None and is_cut(client.socket):
                client.socket.close()
                clients[index], due_s[index] = None, time.monotonic() + random.uniform(*RECONNECT_S)


def is_cut(sock: socket.socket) -> bool:
    """Whether the server has closed it, found without reading."""
    state = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO)
    return bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)) or state != TCP_ESTABLISHED


@dataclass
class Heard:
    """What speakers got: waits in ms, how many of them were refused, and the latest ``network_interval``."""

    waits_ms: list[float] = field(default_factory=list)
    refused: int = 0
    network_interval: int = 1


def sweep_speakers(counts: range, seconds: float, workers: int, tls: Tls | None) -> None:
    """More and more streams, until they are no longer read in real time."""
    pcm = (soundfile.read(DEMO_RECORDING, dtype="float32")[0] * 32767).astype("<i2")
    best = 0
    options = ("--streams", str(counts[-1]), "--workers", str(workers), "--address-share", "1")
    options += tls.options if tls else ()
    with server("serve", *options) as (process, port):
        for n in counts:
            processes = [process.pid, *children(process.pid)]
            before_s = cpu_s_by_thread(processes)
            heard = speak(port, n, pcm, seconds, tls.trusted if tls else None)
            spent = (after - before_s.get(thread, 0.0) for thread, after in cpu_s_by_thread(processes).items())
            by_thread = sorted((1000 * spent_s / n / seconds for spent_s in spent), reverse=True)[:4]
            memory_mb = sum(map(resident_mb, processes))
            print(
                f"{n} streams ({heard.refused} refused): {quantiles(heard.waits_ms)}; {memory_mb:.0f} MB; "
                f"CPU a voice-second {sum(by_thread):.1f} ms ({' + '.join(f'{ms:.1f}' for ms in by_thread)}); "
                f"network_interval {heard.network_interval}; load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
            if heard.refused or float(np.percentile(heard.waits_ms, 99)) > MOST_P99_MS:
                break
            best = n
    print(f"most streams with p99 within {MOST_P99_MS} ms: {best}")


def speak(port: int, n: int, pcm: np.ndarray, seconds: float, tls: ssl.SSLContext | None) -> Heard:
    """``n`` clients send audio in real time, out of step with each other."""
    clients = [RawClient(port, "/ws?stream=", tls) for _ in range(n)]
    selector = selectors.DefaultSelector()
    heard = Heard()
    for index, client in enumerate(clients):
        client.send(1, b'{"type":"start","rate":16000,"format":"s16le"}')
        selector.register(client.socket, selectors.EVENT_READ, index)
    time.sleep(1 + 0.1 * n)
    began = time.time() + 0.5
    size = int(FRAME_S * HZ)
    due = sorted(
        (began + (k + 1) * FRAME_S + FRAME_S * i / n, i, k) for i in range(n) for k in range(int(seconds / FRAME_S))
    )
    for at_s, index, k in [*due, (began + seconds + 1, -1, 0)]:
        while (left := at_s - time.time()) > 0:
            for key, _ in selector.select(left):
                client = clients[key.data]
                for event in client.events():
                    heard.refused += event["type"] == "error"
                    heard.network_interval = int(str(event.get("network_interval", heard.network_interval)))
                    if event["type"] == "estimate":
                        sent_s = began + FRAME_S * key.data / n
                        heard.waits_ms.append(1000 * (client.got_s - sent_s) - float(str(event["t_end_ms"])))
        if index >= 0:
            start = (index * 31 * size + k * size) % (len(pcm) - size)
            clients[index].send(2, pcm[start : start + size].tobytes())
    for client in clients:
        client.socket.close()
    time.sleep(1)
    return heard


def quantiles(waits_ms: list[float]) -> str:
    """Median, 99th percentile, maximum and number of the waits."""
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


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    return [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]


def cpu_s_by_thread(processes: Sequence[int]) -> dict[str, float]:
    """CPU seconds that each thread of these processes has taken."""
    spent_s = {}
    for task in (task for pid in processes for task in Path(f"/proc/{pid}/task").iterdir()):
        with suppress(OSError):
            user, system = (task / "stat").read_text().rpartition(")")[2].split()[11:13]
            spent_s[task.name] = (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return spent_s


if __name__ == "__main__":
    main()
