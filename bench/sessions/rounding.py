"""What rounding the rows of a session changes of what is said of them, and what they take."""

import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.sessions.spoken import DENSE, HZ, blocks, difference, speech_in_a_room
from emostream.audio import Samples
from emostream.events import Event
from emostream.features.arrays import Rows
from emostream.features.spec import Feature
from emostream.features.stream import FeatureStream
from emostream.features.streams import FeatureStreams
from emostream.pipeline.factory import StreamFactory
from emostream.sessions.row_codec import ROUNDING, encode_rows

STEPS_DB = (0.5, 1.0, 2.5, 5.0)


class Rounded:
    """A stream's features with something done to each row."""

    def __init__(self, features: FeatureStreams, change: Callable[[Rows], Rows]) -> None:
        self._features, self._change = features, change

    def reset(self) -> None:
        self._features.reset()

    def push(self, samples: Samples) -> list[Rows]:
        return [self._change(rows) for rows in self._features.push(samples)]

    def flush(self) -> list[Rows]:
        return [self._change(rows) for rows in self._features.flush()]


def measure_rounding(factory: StreamFactory, corpora: Path, minutes: float = 10) -> None:
    audio = speech_in_a_room(corpora, minutes, DENSE)

    def read(change: Callable[[Rows], Rows]) -> list[Event]:
        stream = factory.stream(HZ, stream="live", source="")
        stream._features = Rounded(stream._features, change)  # type: ignore[assignment]
        stream.reset()
        return [*(event for block in blocks(audio) for event in stream.push(block)), *stream.flush()]

    live = read(lambda rows: rows)
    print_sizes(factory, audio)
    print(f"rows of {minutes:g} minutes, rounded")
    print(f"  to float16: {difference(live, read(lambda rows: rows.astype(np.float16).astype(np.float32)))}")
    for step in STEPS_DB:
        print(f"  to {step} dB: {difference(live, read(lambda rows, step=step: rounded(rows, step)))}")


def print_sizes(factory: StreamFactory, audio: Samples) -> None:
    """What the rows of all models take in float16, and coded with other roundings than ours."""
    sizes: dict[str, float] = {}
    for model in factory.models:
        spec = model.card.features
        rows = FeatureStream(spec).whole(audio)
        half = rows.astype(np.float16).tobytes()
        found = {"float16": len(half), "float16, deflated": len(zlib.compress(half))}
        for step in STEPS_DB:
            coded = encode_rows(rows * np.float32(ROUNDING[Feature.LOG_MEL] / step), spec)
            found[f"{step} dB"] = len(coded.low) + len(coded.high)
        for name, size in found.items():
            sizes[name] = sizes.get(name, 0.0) + size * 3600 * HZ / len(audio) / 1e6
    print("rows without their steps: " + ", ".join(f"{name} {size:.1f} MB an hour" for name, size in sizes.items()))


def rounded(rows: Rows, step: float) -> Rows:
    result: Rows = (np.rint(rows / step) * step).astype(np.float32)
    return result
