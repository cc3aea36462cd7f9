"""How many voices one core reads in real time, on a clock that runs only while this thread computes.

    python -m bench.capacity [--voices 25 50 75] [--seconds 30] [--loop-ms 2.5]

For machines that others use too, where ``python -m bench.load speakers`` measures how much of the machine is left.
Streams of the bundled recording come in real time, out of step, to a scheduler that this thread runs; the clock is its
CPU time, and time in which nothing is to do passes at once. What the event loop would take for a second of a voice is
added (``--loop-ms``: as ``bench.load`` shows it). Not in it: waiting for Python's lock between the threads of a server.
Waits are from the end of a window to its event, without the first third of the time, in which networks may come to run
more rarely.
"""

import argparse
import os
import time

import numpy as np
import soundfile

from bench.load import FRAME_S, HZ, MOST_P99_MS, quantiles
from emostream import assets
from emostream.events import Estimate, Event, encode
from emostream.protocol import Start
from emostream.server.client_audio import ClientAudio
from emostream.server.scheduler import BatchScheduler, Slot


class ComputedClock:
    """Seconds that this thread has computed, and those that it was told to let pass."""

    def __init__(self) -> None:
        self._passed_s = -time.thread_time()

    def __call__(self) -> float:
        return time.thread_time() + self._passed_s

    def wait_until(self, at_s: float) -> None:
        """Let time pass, if it has not come so far."""
        self._passed_s += max(0.0, at_s - self())

    def add(self, seconds: float) -> None:
        """Let so much time pass, as if this thread had computed."""
        self._passed_s += seconds


def main() -> None:
    """Print one line a number of voices."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--voices", type=int, nargs="+", default=[25, 50, 75])
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--loop-ms", type=float, default=2.5)
    arguments = parser.parse_args()
    for n in arguments.voices:
        waits_ms, interval, busy = read(n, arguments.seconds, arguments.loop_ms / 1000)
        verdict = "in time" if float(np.percentile(waits_ms, 99)) <= MOST_P99_MS else "too many"
        print(
            f"{n} voices a core, {verdict}: {quantiles(waits_ms)}; network_interval {interval}; "
            f"the core busy {100 * busy:.0f} % of the time; load {os.getloadavg()[0]:.1f}",
            flush=True,
        )


def read(n: int, seconds: float, loop_s: float) -> tuple[list[float], int, float]:
    """Waits in ms of so many voices, the ``network_interval`` at the end, and the share of time that was computed."""
    pcm = (soundfile.read(assets.DEMO_RECORDING, dtype="float32")[0] * 32767).astype("<i2")
    factory = assets.load_stream_factory()
    clock = ComputedClock()
    scheduler = BatchScheduler(factory.models, threads=0, clock=clock)
    waits_ms: list[float] = []
    slots = []
    size = int(FRAME_S * HZ)

    def deliver(events: list[Event], began_s: float) -> None:
        for event in events:
            encode(event)
            if isinstance(event, Estimate) and event.t_end_ms > 1000 * seconds / 3:
                waits_ms.append(1000 * (clock() - began_s) - event.t_end_ms)

    for index in range(n):
        stream = factory.stream(HZ, stream="audio", source="bench")
        audio = ClientAudio(Start(rate=HZ, format="s16le"), stream, 0.0)
        began_s = 1 + 0.25 * index / n  # out of step, as steps of different clients are
        slot = Slot(audio, lambda events, began_s=began_s: deliver(events, began_s), _fail, has_room=lambda: True)
        slots.append((slot, began_s))
        scheduler.add(slot)
    due = sorted(
        (began_s + (frame + 1) * FRAME_S, index, frame)
        for index, (_, began_s) in enumerate(slots)
        for frame in range(int(seconds / FRAME_S))
    )
    clock.wait_until(due[0][0])
    first_s, computed_s = clock(), time.thread_time()
    at = 0
    while at < len(due):
        while at < len(due) and due[at][0] <= clock():
            _, index, frame = due[at]
            start = (index * 31 * size + frame * size) % (len(pcm) - size)
            scheduler.put(slots[index][0], pcm[start : start + size].tobytes())
            clock.add(loop_s * FRAME_S)
            at += 1
        if any(slot.audio.is_ready for slot, _ in slots):
            scheduler.run_round()
        elif at < len(due):
            clock.wait_until(due[at][0])
    busy_s = time.thread_time() - computed_s + loop_s * n * seconds
    return waits_ms, scheduler.network_interval, busy_s / (clock() - first_s)


def _fail() -> None:
    raise SystemExit("a stream failed")


if __name__ == "__main__":
    main()
