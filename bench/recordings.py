"""Many recordings into one folder: by one process and by several, side by side, and the memory that a long one takes.

    python -m bench.recordings [--files 1000] [--seconds 4] [--jobs 2] [--runs 3]
    python -m bench.recordings --hours 30

The recordings are cut from the bundled one. The first command reads all of them in turn with one job and with several,
and says how many times as fast the latter is, by the medians of wall clock time; what both write must be equal. The
second reads one recording of so many hours into all formats, with its steps, by a process of its own, and says what
memory that took at most.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from bench.load import HZ
from emostream import assets
from emostream.timelines.registry import NAMES

LOOK_S = 0.2


def main() -> None:
    """Print the lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=4, help="how long a file is on the mean")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--hours", type=float, help="one recording of so many hours instead")
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        if arguments.hours:
            measure_memory(Path(folder), arguments.hours)
        else:
            compare_jobs(Path(folder), arguments.files, arguments.seconds, arguments.jobs, arguments.runs)


def compare_jobs(folder: Path, n_files: int, mean_s: float, jobs: int, runs: int) -> None:
    """Read the same files with one job and with several, in turn."""
    recordings = folder / "recordings"
    recordings.mkdir()
    samples = soundfile.read(assets.DEMO_RECORDING, dtype="float32")[0]
    rng = np.random.default_rng(0)
    for number in range(n_files):
        length = int(HZ * mean_s * rng.uniform(0.5, 1.5))
        start = int(rng.integers(0, len(samples) - length))
        soundfile.write(recordings / f"{number:05}.flac", samples[start : start + length], HZ)
    took_s: dict[int, list[float]] = {1: [], jobs: []}
    for run in range(runs):
        for count, seconds in took_s.items():
            out = folder / f"{run}-{count}"
            began_s = time.monotonic()
            read(recordings, "--out", out, "--format", "csv", "--jobs", count)
            seconds.append(time.monotonic() - began_s)
            print(
                f"{n_files} files with --jobs {count}: {seconds[-1]:.1f} s, load {os.getloadavg()[0]:.1f}", flush=True
            )
        require_equal(folder / f"{run}-1", folder / f"{run}-{jobs}", n_files)
    one_s, many_s = (statistics.median(seconds) for seconds in took_s.values())
    print(f"--jobs {jobs} is {one_s / many_s:.2f} times as fast ({one_s:.1f} s, {many_s:.1f} s), and gives the same")


def require_equal(one: Path, other: Path, n_files: int) -> None:
    """All files are there in both, and equal."""
    files = sorted(path.relative_to(one) for path in one.glob("*.csv"))
    assert len(files) == n_files + 1, f"{len(files)} files in {one}"
    different = [file for file in files if (one / file).read_bytes() != (other / file).read_bytes()]
    assert not different, different[:3]


def measure_memory(folder: Path, hours: float) -> None:
    """Read a long recording into all formats."""
    path = folder / "long.flac"
    samples = soundfile.read(assets.DEMO_RECORDING, dtype="int16")[0]
    with soundfile.SoundFile(path, "w", HZ, 1, "PCM_16") as file:
        left = int(hours * 3600 * HZ)
        while left > 0:
            file.write(samples[:left])
            left -= len(samples)
    soundfile.write(folder / "short.flac", samples, HZ)
    # With two jobs the long one has a process of its own, beside the one that leads.
    command = [
        path,
        folder / "short.flac",
        "--out",
        folder / "out",
        "--format",
        ",".join(NAMES),
        "--steps",
        "--jobs",
        2,
    ]
    began_s = time.monotonic()
    most_mb = read(*command)
    print(f"{hours:g} h of audio took {(time.monotonic() - began_s) / 60:.1f} min, load {os.getloadavg()[0]:.1f}")
    for pid, megabytes in sorted(most_mb.items()):
        print(f"process {pid}: {megabytes:.0f} MB at most")
    for file in sorted((folder / "out").glob("long.*")):
        print(f"{file.name}: {file.stat().st_size / 1e6:.1f} MB")


def read(*arguments: object) -> dict[int, float]:
    """Run ``emostream file`` to its end; gives the most memory of each of its processes, in MB."""
    command = [sys.executable, "-m", "emostream", "file", *map(str, arguments)]
    most_mb: dict[int, float] = {}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            for pid in (process.pid, *children(process.pid)):
                if (megabytes := peak_mb(pid)) is not None:
                    most_mb[pid] = megabytes
            time.sleep(LOOK_S)
        assert process.stderr is not None
        messages = process.stderr.read()
    assert process.returncode == 0, messages
    return most_mb


def children(pid: int) -> list[int]:
    """The processes that one has started."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def peak_mb(pid: int) -> float | None:
    """The most memory that a process has had; None once it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), None)


if __name__ == "__main__":
    main()
