"""What a second of a client's voice costs the server's CPU, part by part.

    python -m bench.parts [--streams 16] [--seconds 30] [--interval 1]

Streams of the bundled recording, out of step with each other, are read by a scheduler without threads, and their events
encoded. Steps are read as a whole, as they are where others wait. There is no socket, so the cost of the event loop is
not in it. The times are of this thread's CPU; where other programs share its caches they are longer than alone. A JSON
line a figure.
"""

import argparse
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import msgspec
import numpy as np
import soundfile

from emostream import assets
from emostream.commands.bench import Figure
from emostream.events import Event, encode
from emostream.features.streams import FeatureStreams
from emostream.inference.model import EmotionModel
from emostream.inference.vad import VoiceActivityModel
from emostream.protocol import Start
from emostream.server.client_audio import ClientAudio
from emostream.server.network_interval import NetworkInterval
from emostream.server.scheduler import BatchScheduler, Slot
from emostream.voice.meter import VoiceMeter

RATE_HZ = 16_000
FRAME_S = 0.05
# What a part is, and whose methods make it up. All else is the Python of windows, ensembles, events and the scheduler.
PARTS: dict[str, list[tuple[type, str]]] = {
    "gate": [(VoiceActivityModel, "run")],
    "features": [(FeatureStreams, "push")],
    "voice": [(VoiceMeter, "push"), (VoiceMeter, "advance"), (VoiceMeter, "end")],
}


class PartTimes:
    """CPU seconds of this thread by part."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.calls: defaultdict[str, int] = defaultdict(int)

    @contextmanager
    def measured(self) -> Iterator[None]:
        """While this goes on, what the parts take is counted."""
        methods = [(name, owner, method) for name, of in PARTS.items() for owner, method in of]
        patches = [
            patch.object(owner, method, self._timed(lambda *_, name=name: name, getattr(owner, method)))
            for name, owner, method in methods
        ]
        run = self._timed(lambda model, *_: model.card.name, EmotionModel.run)
        patches.append(patch.object(EmotionModel, "run", run))
        for one in patches:
            one.start()
        try:
            yield
        finally:
            for one in patches:
                one.stop()

    def _timed(self, name_of: Callable[..., str], function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            began = time.thread_time()
            try:
                return function(*arguments)
            finally:
                name = name_of(*arguments)
                self.seconds[name] += time.thread_time() - began
                self.calls[name] += 1

        return timed


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--interval", type=int, default=1, help="how much more rarely networks run, as under lag")
    arguments = parser.parse_args()
    for figure in parts(arguments.streams, arguments.seconds, arguments.interval):
        print(msgspec.json.encode(figure).decode())


def parts(streams: int, seconds: float, interval: int) -> Iterator[Figure]:
    """Milliseconds of CPU for a second of one voice, in all and by part."""
    samples = np.asarray(soundfile.read(assets.DEMO_RECORDING, dtype="float32")[0], np.float32)
    pcm = (samples * 32767).astype("<i2")
    now_s = 0.0
    factory = assets.load_stream_factory()
    scheduler = BatchScheduler(factory.models, threads=0, clock=lambda: now_s)
    encoded = bytearray()

    def deliver(events: list[Event]) -> None:
        encoded[:] = b"".join(encode(event) for event in events)

    slots = []
    for _ in range(streams):
        stream = factory.stream(RATE_HZ, stream="audio", source="bench")
        audio = ClientAudio(Start(rate=RATE_HZ, format="s16le"), stream, now_s)
        slots.append(Slot(audio, deliver=deliver, fail=_fail, has_room=lambda: True))
        scheduler.add(slots[-1])
    times = PartTimes()
    size = int(FRAME_S * RATE_HZ)
    began = time.thread_time()
    scheduler._interval.value = interval
    with times.measured(), patch.object(NetworkInterval, "update"):
        for frame in range(int(seconds / FRAME_S)):
            for index, slot in enumerate(slots):
                start = (index * 31 * size + frame * size) % (len(pcm) - size)
                scheduler.put(slot, pcm[start : start + size].tobytes())
            now_s += FRAME_S
            while any(slot.audio.is_due for slot in slots):
                scheduler.run_round()
    whole_s = time.thread_time() - began
    title = f"{streams} streams of {seconds:g} s, network_interval {interval}, load {os.getloadavg()[0]:.1f}"
    voice_s = streams * seconds
    yield Figure(f"{title}: CPU for a second of one voice", "ms", [1000 * whole_s / voice_s])
    for name, spent_s in times.seconds.items():
        yield Figure(f"… {name}, {times.calls[name] / voice_s:.2f} calls", "ms", [1000 * spent_s / voice_s])
    rest_s = whole_s - sum(times.seconds.values())
    yield Figure("… all else", "ms", [1000 * rest_s / voice_s])


def _fail() -> None:
    raise SystemExit("a stream failed")


if __name__ == "__main__":
    main()
