"""From process start to the first estimate of a 3 s file, and the memory it takes: the whole process, several times.

    python bench/start_up.py [--runs 7]

The clip is the first three seconds of the bundled recording; both shipped models and the speech gate run.
"""

import argparse
import json
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import soundfile

from streamer.bundled import DEMO_RECORDING

CLIP_S = 3


def main() -> None:
    """Print one line a figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder, "clip.wav")
        samples, rate_hz = soundfile.read(DEMO_RECORDING, frames=CLIP_S * soundfile.info(DEMO_RECORDING).samplerate)
        soundfile.write(clip, samples, rate_hz)
        seconds = [first_estimate_s(clip) for _ in range(runs + 1)][1:]  # the first one fills the disk cache
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"Python {platform.python_version()}, {platform.machine()}, {runs} runs")
    print(
        f"process start to first estimate: median {statistics.median(seconds):.2f} s, "
        f"{min(seconds):.2f} to {max(seconds):.2f} s"
    )
    print(f"peak resident memory: {peak_mb:.0f} MB")


def first_estimate_s(clip: Path) -> float:
    """Seconds from the start of ``emostream file`` to the first estimate that names probabilities."""
    command = [sys.executable, "-m", "streamer", "file", "--format", "jsonl", str(clip)]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for line in process.stdout:
            event = json.loads(line)
            if event["type"] == "estimate" and event["p"]:
                took = time.perf_counter() - began
                process.stdout.read()
                return took
    raise SystemExit(f"no estimate came from {' '.join(command)} (exit code {process.returncode})")


if __name__ == "__main__":
    main()
