"""What a daemon counts as lost when its microphone stalls, beside what was held back.

    python -m bench.stalls [--seed 1]

`emostream listen` hears a virtual microphone (PulseAudio's pipe source) that stalls for ``STALLS_S``, in an order drawn
by the seed, with some seconds of sound between any two. A JSON line a stall, and one for them all. After a long stall
it opens the device anew, and what that gave in the moment is lost as well: so the last line also has by how much the
clock of the estimates fell behind that of the machine, which is 0 if all that was lost is counted. Linux, with
pulseaudio.
"""

import argparse
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from statistics import median

import msgspec
import numpy as np
from numpy.typing import NDArray

from tests.support.virtual_microphone import VirtualMicrophone

RATE_HZ = 16_000
STALLS_S = [0.3] * 6 + [0.5, 0.5, 0.8, 1.0, 1.0, 1.5, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 12.0, 20.0]
BETWEEN_S = 6.0


class Listener:
    """`emostream listen` in a process of its own, and the gaps that it reports."""

    def __init__(self, env: dict[str, str]) -> None:
        command = [str(Path(sys.executable).with_name("emostream")), "listen", "--format", "jsonl"]
        self._process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.lost_ms = 0
        self.estimates: list[tuple[float, float]] = []  # when it came, and by how much that is later than its end, in s
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait()
        self._reader.join()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            event = msgspec.json.decode(line)
            if event["type"] == "gap":
                self.lost_ms += event["lost_ms"]
            elif event["type"] == "estimate":
                now_s = time.monotonic()
                self.estimates.append((now_s, now_s - event["t_end_ms"] / 1000))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    stalls_s = STALLS_S.copy()
    random.Random(parser.parse_args().seed).shuffle(stalls_s)
    held_s = 0.0
    with VirtualMicrophone(RATE_HZ) as microphone:
        listener = Listener(os.environ | microphone.env)
        microphone.play(tone(sum(stalls_s) + (len(stalls_s) + 2) * BETWEEN_S))
        time.sleep(2 * BETWEEN_S)
        late_at_first_s = median(late_s for _, late_s in listener.estimates)
        for stall_s in stalls_s:
            before_ms = listener.lost_ms
            held_s += (this_s := microphone.starve(stall_s))
            back_s = time.monotonic()
            time.sleep(BETWEEN_S)
            after_s = next((at_s - back_s for at_s, _ in listener.estimates if at_s > back_s), None)
            print_line(held_s=this_s, counted_s=(listener.lost_ms - before_ms) / 1000, first_estimate_after_s=after_s)
        late_at_last_s = median(late_s for at_s, late_s in listener.estimates if at_s > back_s + BETWEEN_S / 2)
        listener.close()
    behind_s = late_at_last_s - late_at_first_s
    print_line(stalls=len(stalls_s), held_s=held_s, counted_s=listener.lost_ms / 1000, clock_behind_s=behind_s)


def tone(seconds: float) -> NDArray[np.int16]:
    """Something to hear: 220 Hz that swells twice a second."""
    time_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    return (8_000 * np.sin(2 * np.pi * 220 * time_s) * np.sin(2 * np.pi * time_s) ** 2).astype(np.int16)


def print_line(**figures: float | None) -> None:
    """One JSON object, rounded to milliseconds."""
    rounded = {name: round(value, 3) if value is not None else None for name, value in figures.items()}
    print(msgspec.json.encode(rounded).decode(), flush=True)


if __name__ == "__main__":
    main()
