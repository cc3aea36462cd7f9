"""A Ray cluster of several nodes on this machine: a raylet each, with one core each."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.process_tree import descendants
from tests.support.processes import ROOT, environment

_RAY = Path(sys.executable).with_name("ray")
_START_S = 120
_STORE_BYTES = 100_000_000
# Ray would take the address by which other machines reach this one; this is its way not to.
LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}


@dataclass(frozen=True, slots=True)
class RayCluster:
    """Where it listens, and the process of each node."""

    address: str
    pids: tuple[int, ...]


@contextmanager
def ray_cluster(nodes: int = 2) -> Iterator[RayCluster]:
    """A cluster that nobody else can reach, until the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="ray-"))  # short: sockets have it in their names
    address = f"127.0.0.1:{_free_port()}"
    started: list[subprocess.Popen[bytes]] = []
    try:
        head = ["--head", f"--port={address.rpartition(':')[2]}", "--include-dashboard=false", f"--temp-dir={folder}"]
        started.append(_start(folder / "head.log", head))
        while len(started) < nodes:
            started.append(_start(folder / f"{len(started)}.log", [f"--address={address}"]))
        yield RayCluster(address, tuple(process.pid for process in started))
    finally:
        for process in descendants(process.pid for process in started):
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        for one in started:
            one.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _start(log: Path, options: list[str]) -> subprocess.Popen[bytes]:
    """A node, once it says that it runs."""
    command = [_RAY, "start", "--block", "--node-ip-address=127.0.0.1", "--num-cpus=1"]
    paths = os.pathsep.join([str(ROOT / "streamer"), str(ROOT)])
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, f"--object-store-memory={_STORE_BYTES}", *options],
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environment({**LOOPBACK, "RAY_USAGE_STATS_ENABLED": "0", "PYTHONPATH": paths}),
        )
    until_s = time.monotonic() + _START_S
    while "Ray runtime started" not in log.read_text(errors="replace"):
        if process.poll() is not None or time.monotonic() > until_s:
            process.kill()
            raise AssertionError(log.read_text(errors="replace"))
        time.sleep(0.1)
    return process


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
