"""The daemon as a process: CPU, memory, start-up and latency while it listens, and how it keeps for an hour.

    python -m bench.daemon [--seconds 60] [--hour]

The bundled recording is played to ``emostream listen -`` in real time. With ``--hour`` an hour of it goes through
``emostream file``, which tells how fast that is and whether memory depends on the length.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import soundfile

from streamer.bundled import DEMO_RECORDING

RATE_HZ, PIECE_S = 16_000, 0.02
COMMAND = [sys.executable, "-m", "streamer"]
TICKS_A_S = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print one line a figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--hour", action="store_true")
    arguments = parser.parse_args()
    samples = (soundfile.read(DEMO_RECORDING, dtype="float32")[0] * 32767).astype("<i2")
    for name, value in live(samples, arguments.seconds).items():
        print(f"{name}: {value}")
    if arguments.hour:
        for minutes in (6, 60):
            for name, value in file(samples, minutes).items():
                print(f"{name}: {value}")


def live(samples: np.ndarray, seconds: float) -> dict[str, str]:
    """Figures of a process that listens for so long."""
    began_s = time.monotonic()
    process = subprocess.Popen(
        [*COMMAND, "listen", "-", "--format", "jsonl"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    hello_s = _until_hello(process, began_s)
    events: list[dict[str, object]] = []
    reader = threading.Thread(target=lambda: events.extend(map(json.loads, process.stdout)))
    reader.start()
    _play(process, samples, 5)
    cpu_s, at_s = _cpu_s(process.pid), time.monotonic()
    _play(process, samples, seconds)
    share = (_cpu_s(process.pid) - cpu_s) / (time.monotonic() - at_s)
    resident_mb = _resident_mb(process.pid)
    process.stdin.close()
    process.wait(30)
    reader.join()
    waits_ms = [float(str(event["latency_ms"])) for event in events if event["type"] == "estimate"]
    p50, p95, p99 = np.percentile(waits_ms, [50, 95, 99])
    return {
        "process start to hello": f"{hello_s:.2f} s",
        "CPU while listening": f"{share:.4f} of one core ({seconds:.0f} s)",
        "resident memory": f"{resident_mb:.0f} MB",
        "window's end to estimate": f"p50 {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f} ms ({len(waits_ms)} estimates)",
    }


def file(samples: np.ndarray, minutes: int) -> dict[str, str]:
    """Figures of so many minutes through ``emostream file``."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "long.wav")
        n_samples = minutes * 60 * RATE_HZ
        soundfile.write(path, np.tile(samples, n_samples // len(samples) + 1)[:n_samples], RATE_HZ, subtype="PCM_16")
        began_s = time.monotonic()
        process = subprocess.Popen([*COMMAND, "file", "--format", "jsonl", path], stdout=subprocess.DEVNULL)
        seen_mb = []
        while process.poll() is None:
            seen_mb.append(_resident_mb(process.pid))
            time.sleep(0.2)
        took_s = time.monotonic() - began_s
    return {
        f"{minutes} min as a file": f"{minutes * 60 / took_s:.0f} times real time, memory {max(seen_mb):.0f} MB at most"
    }


def _until_hello(process: subprocess.Popen[bytes], began_s: float) -> float:
    assert process.stdout is not None
    process.stdout.readline()
    return time.monotonic() - began_s


def _play(process: subprocess.Popen[bytes], samples: np.ndarray, seconds: float) -> None:
    assert process.stdin is not None
    size = int(PIECE_S * RATE_HZ)
    began_s = time.monotonic()
    for number in range(int(seconds / PIECE_S)):
        time.sleep(max(0.0, began_s + (number + 1) * PIECE_S - time.monotonic()))
        start = number * size % (len(samples) - size)
        process.stdin.write(samples[start : start + size].tobytes())
        process.stdin.flush()


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_S


def _resident_mb(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except (OSError, IndexError):
        return 0.0


if __name__ == "__main__":
    main()
