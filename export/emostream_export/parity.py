"""Whether every way to the same numbers leads to the same numbers, and where the ways differ most."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emostream.audio import AudioBlock, Samples
from emostream.errors import NoInputError
from emostream.events import Estimate, Event, Utterance
from emostream.features import FeatureSpec, FeatureStream
from emostream.features.resample import Resampler
from emostream.inference.card import ModelCard
from emostream.inference.model import EmotionModel
from emostream.pipeline.stream import EmotionStream
from emostream.sources.file import FileSource

F32 = NDArray[np.float32]

LIBROSA_BOUND = 1e-4
# Events hold four places. How many windows share a batch moves a float32's last bits, and so may move the fourth.
P_BOUND = 1.01e-4
LONGEST_CHUNK_S = 0.5


@dataclass(frozen=True, slots=True)
class Difference:
    """The largest difference between two ways; ``bound`` is what is promised."""

    ways: str
    largest: float
    where: str
    bound: float

    @property
    def is_within(self) -> bool:
        """Whether the promise is kept; not where the difference is NaN."""
        return self.largest <= self.bound


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording at its own rate, as ``emostream file`` reads it."""

    path: Path
    samples: Samples
    rate_hz: int

    @classmethod
    def read(cls, path: Path) -> "Clip":
        """Raises ``NoInputError``."""
        source = FileSource(path)
        return cls(path, source.read_all(), source.sample_rate_hz)

    def chunks(self, rng: np.random.Generator) -> list[Samples]:
        """The samples in chunks of random lengths, empty ones and single samples among them."""
        longest = round(LONGEST_CHUNK_S * self.rate_hz)
        ends, at = [], 0
        while at < len(self.samples):
            at += int(rng.choice([0, 1, int(rng.integers(2, longest))], p=[0.05, 0.05, 0.9]))
            ends.append(at)
        return np.split(self.samples, ends)

    def resampled(self, rate_hz: int) -> Samples:
        """All of it at another rate."""
        resampler = Resampler(self.rate_hz, rate_hz)
        return np.concatenate([resampler.push(self.samples), resampler.flush()])


def rows_in_chunks(clip: Clip, card: ModelCard, rng: np.random.Generator) -> Difference:
    """A model's rows of the clip in chunks against those of it in one piece: not a bit may differ."""
    spec = card.features
    resampler, stream = Resampler(clip.rate_hz, spec.sample_rate_hz), FeatureStream(spec)
    pieces = [stream.push(resampler.push(chunk)) for chunk in clip.chunks(rng)]
    ours = np.concatenate([*pieces, stream.push(resampler.flush()), stream.flush()])
    whole = FeatureStream(spec).whole(clip.resampled(spec.sample_rate_hz))
    return Difference(f"{card.name}: rows in chunks / in one piece", *_largest(clip, spec, ours, whole), 0.0)


def rows_by_librosa(clip: Clip, card: ModelCard) -> Difference:
    """Our rows against librosa's, each column relative to its largest value: decibels and cepstra pass through zero."""
    from emostream_trainer.data.librosa_rows import librosa_rows

    spec = card.features
    samples = clip.resampled(spec.sample_rate_hz)
    theirs = librosa_rows(spec, samples)
    scale = np.maximum(np.abs(theirs).max(axis=0), np.finfo(np.float32).tiny)
    ours = FeatureStream(spec).whole(samples)
    return Difference(
        f"{card.name}: rows / librosa's, relative", *_largest(clip, spec, ours / scale, theirs / scale), LIBROSA_BOUND
    )


def events_in_chunks(clip: Clip, live: EmotionStream, offline: EmotionStream, rng: np.random.Generator) -> Difference:
    """Probabilities of the clip in chunks, as a microphone gives it, against those of it in one piece."""
    ways = "probabilities: in chunks / in one piece"
    chunks = clip.chunks(rng)
    ours = _predictions(live, chunks, clip.rate_hz)
    whole = _predictions(offline, [clip.samples], clip.rate_hz)
    if [(type(event), event.t_end_ms) for event in ours] != [(type(event), event.t_end_ms) for event in whole]:
        return Difference(ways, float("inf"), f"{clip.path}: {len(ours)} and {len(whole)} other events", P_BOUND)
    found = [(_distance(one, other), one) for one, other in zip(ours, whole, strict=True)]
    largest, event = max(found, key=lambda pair: pair[0], default=(0.0, None))
    where = f"{clip.path} at {event.t_end_ms / 1000:.2f} s" if event and largest else ""
    return Difference(ways, largest, where, P_BOUND)


def onnx_by_framework(folder: Path, recording: Path) -> Iterator[Difference]:
    """The exported networks of a run against its framework on windows of a recording.

    Raises ``NoInputError`` for a run of which nothing was exported.
    """
    from emostream_export.run_export import load_part, real_windows
    from emostream_export.verify import compare, largest_allowed
    from emostream_trainer import runs

    exported = sorted(folder.glob(f"*/{runs.MODEL}"))
    if not exported:
        raise NoInputError(f"{folder} holds no exported network: run 'emostream export {folder}' first")
    for path in exported:
        model, network = EmotionModel.load(path), load_part(folder, path.parent)
        for windows in real_windows(model.card, recording):
            found = compare(model, network, windows)
            where = f"{path.parent}, window {found.window} of {len(windows)} with {windows.shape[1]} rows"
            yield Difference(f"{model.card.name}: ONNX / framework", found.largest, where, largest_allowed(network))


def worst(differences: Sequence[Difference]) -> Iterator[Difference]:
    """The largest of each kind."""
    kinds = dict.fromkeys(difference.ways for difference in differences)
    for ways in kinds:
        yield max((found for found in differences if found.ways == ways), key=_badness)


def _badness(difference: Difference) -> tuple[bool, float]:
    # NaN is larger than nothing, so the broken promise itself goes first.
    return not difference.is_within, difference.largest


def _predictions(stream: EmotionStream, chunks: Sequence[Samples], rate_hz: int) -> list[Estimate | Utterance]:
    starts = np.cumsum([0, *map(len, chunks)])
    events: list[Event] = []
    for chunk, (start, _) in zip(chunks, pairwise(starts), strict=True):
        events += stream.push(AudioBlock(chunk, rate_hz, int(start)))
    return [event for event in [*events, *stream.flush()] if isinstance(event, Estimate | Utterance)]


def _distance(one: Estimate | Utterance, other: Estimate | Utterance) -> float:
    if one.p.keys() != other.p.keys() or (one.label is None) != (other.label is None):
        return float("inf")
    return max((abs(one.p[label] - other.p[label]) for label in one.p), default=0.0)


def _largest(clip: Clip, spec: FeatureSpec, ours: F32, theirs: F32) -> tuple[float, str]:
    """The largest distance between rows (k, D), and where it is; without end where their numbers differ."""
    if ours.shape != theirs.shape:
        return float("inf"), f"{clip.path}: {len(ours)} and {len(theirs)} rows"
    if not len(ours):
        return 0.0, f"{clip.path} is shorter than a frame"
    distance = np.abs(ours - theirs)
    row, column = (int(index) for index in np.unravel_index(int(distance.argmax()), distance.shape))
    at_s = row * spec.hop_length / spec.sample_rate_hz
    largest = float(distance[row, column])
    return largest, f"{clip.path} at {at_s:.2f} s, {_column(spec, column)}" if largest else ""


def _column(spec: FeatureSpec, column: int) -> str:
    for feature in spec.features:
        if column < spec.width(feature):
            return f"{feature} {column}"
        column -= spec.width(feature)
    raise IndexError(column)
