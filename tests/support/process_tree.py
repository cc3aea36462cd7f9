"""Processes and what they take, as Linux tells of them: parents, command lines, CPU time, memory."""

import ipaddress
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TICKS_HZ = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Process:
    """One process: ``name`` is its command line, ``peak_mb`` the most memory that it had in its life."""

    pid: int
    parent: int
    name: str
    cpu_s: float
    peak_mb: float


def processes() -> dict[int, Process]:
    """All that there are."""
    found = (_process(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return {process.pid: process for process in found if process is not None}


def descendants(roots: Iterable[int], among: dict[int, Process] | None = None) -> list[Process]:
    """These processes and all that they started, and what those started."""
    among = processes() if among is None else among
    known = set(roots)
    while grown := {process.pid for process in among.values() if process.parent in known} - known:
        known |= grown
    return [among[pid] for pid in sorted(known) if pid in among]


def readers(roots: Iterable[int]) -> list[Process]:
    """Those below these processes that have the models loaded, of an archive: no process below them has."""
    among = processes()
    spawned = [process for process in descendants(roots, among) if "multiprocessing.spawn" in process.name]
    parents = {process.parent for process in spawned}
    speaking_to_ray = {process.pid for process in spawned if _imports_ray(process.pid)}
    return [process for process in spawned if process.pid not in parents | speaking_to_ray]


def peers(pids: Iterable[int]) -> set[str]:
    """The addresses to which these processes have connections by TCP at the moment."""
    sockets = {link for pid in pids for link in _descriptors(pid)}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            remote, inode = fields[2].partition(":")[0], fields[9]
            if f"socket:[{inode}]" in sockets and int(remote, 16):
                found.add(_address(remote))
    return found


def _address(digits: str) -> str:
    """The kernel's way of writing an address, as people write it."""
    words = [int(digits[start : start + 8], 16).to_bytes(4, "little") for start in range(0, len(digits), 8)]
    address = ipaddress.ip_address(b"".join(words))
    return str(getattr(address, "ipv4_mapped", None) or address)


def _descriptors(pid: int) -> list[str]:
    try:
        return [str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return []


def _imports_ray(pid: int) -> bool:
    try:
        return "_raylet" in Path(f"/proc/{pid}/maps").read_text()
    except OSError:
        return False


def _process(pid: int) -> Process | None:
    folder = Path(f"/proc/{pid}")
    try:
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        name = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        status = (folder / "status").read_text()
    except OSError:  # it has ended
        return None
    peak = next((line for line in status.splitlines() if line.startswith("VmHWM")), "VmHWM: 0 kB")
    cpu_s = (int(fields[11]) + int(fields[12])) / _TICKS_HZ
    return Process(pid, int(fields[1]), name, cpu_s, int(peak.split()[1]) / 1024)
