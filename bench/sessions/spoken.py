"""Speech of corpora as a microphone in a room hears it, and what two readings of it say otherwise."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import soundfile

from emostream.audio import AudioBlock, Samples
from emostream.events import Estimate, Event, Utterance

HZ = 16_000
BLOCK = 5 * HZ
NOISE_DBFS = -60.0
# Seconds between two clips: hardly any, and so that somebody speaks for a third of the time.
DENSE, DAY = (0.2, 0.8), (0.0, 12.0)


def speech_in_a_room(corpora: Path, minutes: float, pauses_s: tuple[float, float]) -> Samples:
    """Clips in random order with pauses between them, and noise."""
    rng = np.random.default_rng(0)
    paths = [corpora / row["path"] for row in clips(corpora)]
    pieces: list[Samples] = []
    length = 0
    while length < minutes * 60 * HZ:
        samples, rate_hz = soundfile.read(paths[rng.integers(len(paths))], dtype="float32", always_2d=True)
        if rate_hz == HZ:
            pieces += [samples[:, 0], np.zeros(round(rng.uniform(*pauses_s) * HZ), np.float32)]
            length += len(pieces[-1]) + len(pieces[-2])
    audio = np.concatenate(pieces)[: round(minutes * 60 * HZ)]
    noise = rng.standard_normal(len(audio)).astype(np.float32) * np.float32(10 ** (NOISE_DBFS / 20))
    mixed: Samples = audio + noise
    return mixed


def clips(corpora: Path) -> list[dict[str, str]]:
    with (corpora / "clips.tsv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def blocks(audio: Samples) -> Iterator[AudioBlock]:
    for start in range(0, len(audio), BLOCK):
        yield AudioBlock(audio[start : start + BLOCK], HZ, start)


def difference(live: Sequence[Event], other: Sequence[Event]) -> str:
    """How far what was said of the same audio differs."""
    said = []
    for kind in (Utterance, Estimate):
        pairs = list(zip(of_kind(live, kind), of_kind(other, kind), strict=True))
        moved = [max(abs(one.p[label] - two.p[label]) for label in one.p) for one, two in pairs]
        labels = sum(one.label != two.label for one, two in pairs)
        said.append(
            f"{len(pairs)} {kind.__name__.lower()}s, p moves by {np.mean(moved):.4f} ({max(moved):.3f} at most), "
            f"{labels} labels ({labels / len(pairs):.1%}) change"
        )
    return "; ".join(said)


def of_kind(events: Iterable[Event], kind: type[Utterance] | type[Estimate]) -> list[Utterance | Estimate]:
    return [event for event in events if isinstance(event, kind) and event.p]
