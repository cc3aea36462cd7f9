"""The whole daemon as processes: start-up, cost, latency and memory of one voice and of many; how it keeps for an hour.

    python -m bench.daemon [--runs 5] [--seconds 60] [--hour]

The bundled recording is played, over and over, to ``emostream listen -`` and to ``emostream serve`` in real time, and
lies as a file before ``emostream file``. ``--hour`` adds what takes minutes: an hour as a file, and an hour through one
stream with every allocation traced.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import soundfile
import soxr
from rich.console import Console

from bench.load import resident_mb, server, speak
from bench.side_by_side import show_figures
from emostream import assets
from emostream.commands.bench import Figure
from emostream.sources.microphone import BLOCK_S

RATE_HZ = 16_000
CLIP_S = 3
COMMAND = [sys.executable, "-m", "emostream"]
TICKS_A_S = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print a figure a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--hour", action="store_true")
    arguments = parser.parse_args()
    show_figures(Console(), list(daemon(arguments.runs, arguments.seconds, hour=arguments.hour)))


def daemon(runs: int, seconds: float, *, hour: bool) -> Iterator[Figure]:
    """All figures, as they come."""
    samples = np.asarray(soundfile.read(assets.DEMO_RECORDING, dtype="float32")[0], np.float32)
    pcm = (samples * 32767).astype("<i2")
    yield from start_up(samples[: CLIP_S * RATE_HZ], runs)
    yield from live(pcm, RATE_HZ, seconds)
    yield from live(np.asarray(soxr.resample(pcm, RATE_HZ, 48_000), "<i2"), 48_000, seconds)
    yield from served(pcm, seconds / 3)
    yield from as_files(pcm, 6, 1)
    yield from as_files(pcm, 6, os.cpu_count() or 1)
    if hour:
        yield from as_files(pcm, 60, 1)
        yield from growth()


def start_up(clip: np.ndarray, runs: int) -> Iterator[Figure]:
    """From the start of the process: to ``hello`` of ``listen -``, and to the first estimate of a short file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "clip.wav")
        soundfile.write(path, clip, RATE_HZ)
        commands = {
            "process start to hello": (["listen", "-"], "hello"),
            f"process start to the first estimate of a file of {CLIP_S} s": (["file", str(path)], "estimate"),
        }
        for name, (command, kind) in commands.items():
            _until(command, kind)  # the first one fills the disk cache
            yield Figure(name, "s", [_until(command, kind) for _ in range(runs)])


def live(pcm: np.ndarray, rate_hz: int, seconds: float) -> Iterator[Figure]:
    """A process that listens for so long, to blocks as a microphone gives them."""
    process = subprocess.Popen(
        [*COMMAND, "listen", "-", "--format", "jsonl", "--rate", str(rate_hz)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    events: list[dict[str, object]] = []
    reader = threading.Thread(target=lambda: events.extend(map(json.loads, process.stdout)))
    reader.start()
    _play(process, pcm, rate_hz, 5)
    cpu_s, at_s = _cpu_s(process.pid), time.monotonic()
    _play(process, pcm, rate_hz, seconds)
    title = f"listen, one voice of {rate_hz / 1000:.0f} kHz"
    yield Figure(f"{title}: all of it", "of one core", [(_cpu_s(process.pid) - cpu_s) / (time.monotonic() - at_s)])
    yield Figure(f"{title}: resident memory", "MB", [resident_mb(process.pid)])
    process.stdin.close()
    process.wait(30)
    reader.join()
    # What only the end of the audio completes has none.
    waits_ms = [float(str(event["latency_ms"])) for event in events if "latency_ms" in event]
    yield from _quantiles(f"{title}: window's end to event", waits_ms)


def served(pcm: np.ndarray, seconds: float) -> Iterator[Figure]:
    """A server with one, ten and a hundred clients that send audio in real time; its clients share the cores."""
    for n in (1, 10, 100):
        with server("serve", "--streams", str(n), "--address-share", "1") as (process, port):
            heard = speak(port, n, pcm, seconds, None)
            title = f"{n} served voices ({heard.refused} refused): window's end to receipt"
            yield from _quantiles(title, heard.waits_ms)
            yield Figure(f"{n} served voices: resident memory", "MB", [resident_mb(process.pid)])


def as_files(pcm: np.ndarray, minutes: int, processes: int) -> Iterator[Figure]:
    """A file of so many minutes in each of so many processes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "long.wav")
        n_samples = minutes * 60 * RATE_HZ
        soundfile.write(path, np.tile(pcm, n_samples // len(pcm) + 1)[:n_samples], RATE_HZ, subtype="PCM_16")
        command = [*COMMAND, "file", "--format", "jsonl", str(path)]
        began_s = time.monotonic()
        running = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(processes)]
        seen_mb = [0.0]
        while any(process.poll() is None for process in running):
            seen_mb += [resident_mb(process.pid) for process in running if process.poll() is None]
            time.sleep(0.2)
        took_s = time.monotonic() - began_s
    title = f"{minutes} min as a file" + (f", {processes} at once" if processes > 1 else "")
    yield Figure(title, "times real time", [processes * minutes * 60 / took_s])
    yield Figure(f"{title}: memory of a process at most", "MB", [max(seen_mb)])


def growth() -> Iterator[Figure]:
    """An hour through one stream, in a process that has nothing else in it."""
    ended = subprocess.run([sys.executable, "-m", "bench.growth"], stdout=subprocess.PIPE, check=True)
    for line in ended.stdout.splitlines():
        yield msgspec.json.decode(line, type=Figure)


def _quantiles(name: str, waits_ms: list[float]) -> Iterator[Figure]:
    for share in (50, 95, 99):
        yield Figure(f"{name}, p{share}", "ms", [float(np.percentile(waits_ms, share))])


def _until(command: list[str], kind: str) -> float:
    """Seconds from the start of the process to its first event of a kind, an estimate with probabilities."""
    began_s = time.perf_counter()
    with subprocess.Popen(
        [*COMMAND, *command, "--format", "jsonl"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for line in process.stdout:
            event = json.loads(line)
            if event["type"] == kind and event.get("p", True):
                took_s = time.perf_counter() - began_s
                process.stdin.close()
                process.stdout.read()
                return took_s
    raise SystemExit(f"no {kind} came from {' '.join(command)} (exit code {process.returncode})")


def _play(process: subprocess.Popen[bytes], pcm: np.ndarray, rate_hz: int, seconds: float) -> None:
    assert process.stdin is not None
    size = int(BLOCK_S * rate_hz)
    began_s = time.monotonic()
    for number in range(int(seconds / BLOCK_S)):
        time.sleep(max(0.0, began_s + (number + 1) * BLOCK_S - time.monotonic()))
        start = number * size % (len(pcm) - size)
        process.stdin.write(pcm[start : start + size].tobytes())
        process.stdin.flush()


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_S


if __name__ == "__main__":
    main()
