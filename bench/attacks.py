"""How late an honest client's labels are while others attack the server, and what stays behind.

    python -m bench.attacks [--tls] [--attack NAME] [--scale 4] [--seconds 8]

A server in a process of its own; a client that speaks in real time and publishes its stream, and one that follows it,
from one address, the attack (``tests/support/attacks.py``) from another and from a process of its own. A line before
any attack and one for each: the time from the end of a window to the receipt of its estimate (by the kernel's clock)
of both clients, what they missed, and the server's memory and open files before, at most, and 2 s afterwards.
"""

import argparse
import multiprocessing
import os
import selectors
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field

import numpy as np
import soundfile

from bench.load import FRAME_S, HZ, Tls, quantiles, resident_mb, server, tls_files
from bench.raw_client import RawClient
from emostream.assets import DEMO_RECORDING
from tests.support.attacks import ATTACKS, Target, open_descriptors

AFTER_S = 2.0
LOOK_EVERY_S = 0.1


def main() -> None:
    """Print one line an attack."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--attack", choices=list(ATTACKS))
    parser.add_argument("--scale", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=8)
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {'wss' if arguments.tls else 'ws'}", flush=True)
    with tls_files() if arguments.tls else nullcontext() as tls:
        options = tls.options if tls else ()
        with server("serve", *options) as (process, port):
            for attack in [None, *([arguments.attack] if arguments.attack else ATTACKS)]:
                measure(Pair(process.pid, port, tls), attack, arguments.scale, arguments.seconds)


@dataclass
class Pair:
    """One that speaks and one that follows, and what they and the server looked like."""

    pid: int
    port: int
    tls: Tls | None
    waits_ms: dict[str, list[float]] = field(default_factory=lambda: {"speaker": [], "follower": []})
    missed: int = 0
    memory_mb: list[float] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    def look(self) -> None:
        """Note the server's memory and files."""
        self.memory_mb.append(resident_mb(self.pid))
        self.files.append(open_descriptors(self.pid))

    def listen(self, seconds: float) -> None:
        """Speak and listen in real time."""
        trusted = self.tls.trusted if self.tls else None
        pcm = (soundfile.read(DEMO_RECORDING, dtype="float32")[0] * 32767).astype("<i2")
        follower = RawClient(self.port, "/ws?stream=honest", trusted)
        speaker = RawClient(self.port, "/ws?stream=", trusted)
        clients = {"speaker": speaker, "follower": follower}
        selector = selectors.DefaultSelector()
        for name, client in clients.items():
            selector.register(client.socket, selectors.EVENT_READ, name)
        speaker.send(1, b'{"type":"start","rate":16000,"format":"s16le","publish":"honest"}')
        time.sleep(0.2)
        began_s, size, look_s = time.time(), int(FRAME_S * HZ), 0.0
        for frame in range(int(seconds / FRAME_S)):
            due_s = began_s + (frame + 1) * FRAME_S
            while (left_s := due_s - time.time()) > 0:
                self._take(selector, clients, began_s, left_s)
            start = frame * size % (len(pcm) - size)
            speaker.send(2, np.ascontiguousarray(pcm[start : start + size]).tobytes())
            if due_s >= look_s:
                look_s = due_s + LOOK_EVERY_S
                self.look()
        ends_s = time.time() + 1
        while (left_s := ends_s - time.time()) > 0:
            self._take(selector, clients, began_s, left_s)
        self.missed = sum(client.missed for client in clients.values())
        for client in clients.values():
            client.socket.close()

    def _take(
        self, selector: selectors.BaseSelector, clients: dict[str, RawClient], began_s: float, left_s: float
    ) -> None:
        for key, _ in selector.select(left_s):
            client = clients[key.data]
            for event in client.events():
                client.count(event)
                if event["type"] == "estimate":
                    self.waits_ms[key.data].append(1000 * (client.got_s - began_s) - float(str(event["t_end_ms"])))


def measure(pair: Pair, attack: str | None, scale: int, seconds: float) -> None:
    """Print what an attack did, or what is without one."""
    before_mb, before_files = resident_mb(pair.pid), open_descriptors(pair.pid)
    with attacked(pair, attack, scale, seconds) if attack else nullcontext():
        pair.listen(seconds)
    time.sleep(AFTER_S)
    name = attack or "no attack"
    for who, waits_ms in pair.waits_ms.items():
        print(f"{name}, {who}: {quantiles(waits_ms)}", flush=True)
    print(
        f"{name}: missed {pair.missed}; "
        f"memory {before_mb:.0f}, {max(pair.memory_mb):.0f}, {resident_mb(pair.pid):.0f} MB; "
        f"open files {before_files}, {max(pair.files)}, {open_descriptors(pair.pid)}; load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


@contextmanager
def attacked(pair: Pair, attack: str, scale: int, seconds: float) -> Iterator[None]:
    """While this goes on, the server is attacked from another process."""
    certificate = pair.tls.options[1] if pair.tls else None
    arguments = (attack, (pair.pid, pair.port), certificate, scale, seconds)
    process = multiprocessing.get_context("spawn").Process(target=_attack, args=arguments, daemon=True)
    process.start()
    try:
        yield
    finally:
        process.join(60)
        process.kill()
        process.join()


def _attack(attack: str, pid_port: tuple[int, int], certificate: str | None, scale: int, seconds: float) -> None:
    tls = None
    if certificate is not None:
        tls = ssl.create_default_context(cafile=certificate)
        tls.check_hostname = False
    ATTACKS[attack](Target(*pid_port, tls), scale, seconds - 2)


if __name__ == "__main__":
    main()
