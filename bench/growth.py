"""What an hour of audio leaves behind in one stream: what Python allocates and what is resident, early and late.

    python -m bench.growth [--minutes 60]

The bundled recording goes round and round at ``PACE`` times real time, every allocation traced; a JSON line a figure.
"""

import argparse
import gc
import os
import time
import tracemalloc
from collections.abc import Iterator

import msgspec
import numpy as np
import soundfile

from bench.load import resident_mb
from emostream import assets
from emostream.audio import AudioBlock
from emostream.commands.bench import Figure
from emostream.pipeline.stream import EmotionStream
from emostream.sources.microphone import BLOCK_S

RATE_HZ = 16_000
PACE = 20  # times real time


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=int, default=60)
    for figure in growth(parser.parse_args().minutes):
        print(msgspec.json.encode(figure).decode())


def growth(minutes: int) -> Iterator[Figure]:
    """Of this process, after a sixth of so many minutes of audio and after all of them."""
    samples = np.asarray(soundfile.read(assets.DEMO_RECORDING, dtype="float32")[0], np.float32)
    stream = EmotionStream(assets.load_models(), assets.load_vad_model(), RATE_HZ)
    tracemalloc.start()
    at, began_s = 0, time.monotonic()
    traced_kb, resident = [], []
    for minute in range(1, minutes + 1):
        while at < minute * 60 * RATE_HZ:
            start = at % (len(samples) - RATE_HZ)
            piece = samples[start : start + int(BLOCK_S * RATE_HZ)]
            stream.push(AudioBlock(piece, RATE_HZ, at))
            at += len(piece)
        time.sleep(max(0.0, began_s + at / RATE_HZ / PACE - time.monotonic()))
        gc.collect()
        traced_kb.append(tracemalloc.get_traced_memory()[0] / 1024)
        resident.append(resident_mb(os.getpid()))
    tracemalloc.stop()
    pace = at / RATE_HZ / (time.monotonic() - began_s)
    early = max(1, minutes // 6)
    title = f"{minutes} min of audio at {pace:.0f} times real time"
    yield Figure(f"{title}: allocated after {early} min", "kB", [traced_kb[early - 1]])
    yield Figure("… at its end", "kB", [traced_kb[-1]])
    yield Figure(f"… resident after {early} min", "MB", [resident[early - 1]])
    yield Figure("… at its end", "MB", [resident[-1]])


if __name__ == "__main__":
    main()
