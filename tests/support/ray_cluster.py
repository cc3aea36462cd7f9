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
# Ray takes 127.0.0.1 for a mistake, and the address by which other machines reach this one in its place; others of the
# loopback network it leaves. What nobody else reaches needs no token, which would lie in somebody's home.
_HOSTS = ("127.0.0.2", "127.0.0.3", "127.0.0.4")
ENVIRONMENT = {
    "RAY_AUTH_MODE": "disabled",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_worker_niceness": "0",  # 15, else: on a busy machine nothing is left for it
    "RAY_gcs_rpc_server_reconnect_timeout_s": "5",  # a minute, else, until somebody finds that the cluster is gone
}


@dataclass(frozen=True, slots=True)
class RayCluster:
    """Where it listens, and the process of each node."""

    address: str
    pids: tuple[int, ...]


@contextmanager
def ray_cluster(nodes: int = 2) -> Iterator[RayCluster]:
    """A cluster that nobody else can reach, until the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="ray-"))  # short: sockets have it in their names
    address = f"{_HOSTS[0]}:{_free_port(_HOSTS[0])}"
    started: list[subprocess.Popen[bytes]] = []
    try:
        head = ["--head", f"--port={address.rpartition(':')[2]}", "--include-dashboard=false", f"--temp-dir={folder}"]
        started.append(_start(_HOSTS[0], folder / "head.log", head))
        for host in _HOSTS[1:nodes]:
            started += [_start(host, folder / f"{host}.log", [f"--address={address}"])]
        yield RayCluster(address, tuple(process.pid for process in started))
    finally:
        for process in descendants(process.pid for process in started):
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        for one in started:
            one.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _start(host: str, log: Path, options: list[str]) -> subprocess.Popen[bytes]:
    """A node, once it says that it runs."""
    command = [_RAY, "start", "--block", f"--node-ip-address={host}", "--num-cpus=1"]
    paths = os.pathsep.join([str(ROOT / "streamer"), str(ROOT)])
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, f"--object-store-memory={_STORE_BYTES}", *options],
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environment({**ENVIRONMENT, "PYTHONPATH": paths}),
        )
    until_s = time.monotonic() + _START_S
    while "Ray runtime started" not in log.read_text(errors="replace"):
        if process.poll() is not None or time.monotonic() > until_s:
            process.kill()
            raise AssertionError(log.read_text(errors="replace"))
        time.sleep(0.1)
    return process


def _free_port(host: str) -> int:
    with socket.socket() as listener:
        listener.bind((host, 0))
        return int(listener.getsockname()[1])
