"""Batches of feature windows for training: which clips, which view of each, which stretch of it."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from emostream.pipeline.config import StreamConfig
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.features import has_audio
from emostream_trainer.corpora.labels import LabelSet
from emostream_trainer.data.feature_cache import BY_TELEPHONE, FeatureCache, voice_of
from emostream_trainer.recipes import Recipe

F32 = NDArray[np.float32]

# Shares of the full window that batches are cut to: what a stream sees from its first moments on.
CROPS = (0.5, 0.67, 0.83, 1.0)
# A discriminant is fitted on windows this many steps apart, of the first so many views: the clean and an augmented one.
STEPS_APART = 2
VIEWS_FOR_DISCRIMINANT = 2
BATCH = 32
# As in the daemon.
SHORTEST_SPEECH_MS = StreamConfig().shortest_speech_ms


@dataclass(frozen=True, slots=True)
class Batch:
    """``windows`` (B, T, D), ``targets`` (B, K): zero rows where a clip has none of the labels; ``teacher`` (B, E)."""

    windows: F32
    targets: F32
    teacher: F32


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A window as a stream would predict on it: rows ``start`` to ``stop`` of a view of the cache's clip ``number``.

    ``speech_s`` is what it holds of speech, ``new_speech_s`` what no excerpt of the view before it held; both > 0.
    """

    number: int
    view: int
    start: int
    stop: int
    speech_s: float
    new_speech_s: float


class TrainingSet:
    """The training side of a split, ready to draw batches from.

    ``numbers`` are the clips' places in the cache; ``teacher`` is of shape (clips in the cache, voices, E): the summary
    of an augmented view is to be that of the teacher for the clean one.
    """

    def __init__(
        self,
        recipe: Recipe,
        *,
        clips: Sequence[Clip],
        numbers: Sequence[int],
        cache: FeatureCache,
        labels: LabelSet,
        teacher: NDArray[np.float16],
    ) -> None:
        self.recipe = recipe
        self.cache = cache
        self.clips = tuple(clips)
        self.labels = labels
        summaries = teacher[np.array(numbers)].astype(np.float32)
        self._teacher_mean, self._teacher_deviation = summaries.mean(axis=0), summaries.std(axis=0) + 1e-3
        self._teacher = teacher
        self.rows = recipe.grid().rows
        self._numbers = np.array(numbers)
        self._targets = np.zeros((len(clips), len(labels.labels)), np.float32)
        named = [i for i, clip in enumerate(clips) if labels.index(clip.emotion) is not None]
        self._targets[named] = labels.targets([clips[i] for i in named], soft=recipe.soft_targets)
        self._p = _sampling(recipe, clips, labels)
        self._size = recipe.clips_per_epoch or len(clips)

    @property
    def batches_per_epoch(self) -> int:
        """How many batches ``epoch`` gives."""
        return -(-self._size // self.recipe.batch_size)

    def epoch(self, number: int) -> Iterator[Batch]:
        """The batches of one epoch; the same number always gives the same ones."""
        recipe = self.recipe
        rng = np.random.default_rng([recipe.seed, number])
        if recipe.clips_per_epoch:
            drawn = rng.choice(len(self._numbers), self.batches_per_epoch * recipe.batch_size, p=self._p)
        else:
            drawn = rng.permutation(len(self._numbers))
        smoothing, k = recipe.label_smoothing, self._targets.shape[1]
        for start in range(0, len(drawn), recipe.batch_size):
            chosen = drawn[start : start + recipe.batch_size]
            n_rows = round(self.rows * rng.choice(CROPS)) if recipe.random_crops else self.rows
            views = self._views(len(chosen), rng)
            windows = [
                cut(self.cache.clip(self._numbers[i], view), n_rows, rng) for i, view in zip(chosen, views, strict=True)
            ]
            targets = self._targets[chosen]
            smooth = targets * (1 - smoothing) + targets.sum(axis=1, keepdims=True) * smoothing / k
            yield Batch(np.stack(windows), smooth, self._imitated(self._numbers[chosen], voice_of(views)))

    def sample_rows(self, n_clips: int = 500) -> F32:
        """Clean rows of some training clips, (rows, D), for the networks' normalisation."""
        rng = np.random.default_rng(self.recipe.seed)
        chosen = rng.choice(self._numbers, min(n_clips, len(self._numbers)), replace=False)
        return np.concatenate([self.cache.clip(number) for number in chosen])

    def excerpts(self) -> Iterator[tuple[Clip, Excerpt]]:
        """Windows of every clip with a label: what discriminants are fitted on.

        They are those of the clean and an augmented view, and by telephone where the recipe has ``narrow_band``.
        """
        views = range(min(VIEWS_FOR_DISCRIMINANT, self.cache.views))
        for clip, number in zip(self.clips, self._numbers.tolist(), strict=True):
            if self.labels.index(clip.emotion) is not None:
                by_telephone = [BY_TELEPHONE] if self.recipe.narrow_band and has_audio(clip) else []
                for view in (*views, *by_telephone):
                    yield from ((clip, excerpt) for excerpt in excerpts(self.cache, self.recipe, number, view))

    def _imitated(self, numbers: NDArray[np.int64], voices: NDArray[np.int64]) -> F32:
        standardised = (self._teacher[numbers, voices] - self._teacher_mean[voices]) / self._teacher_deviation[voices]
        imitated: F32 = standardised.astype(np.float32)
        return imitated

    def _views(self, count: int, rng: Generator) -> NDArray[np.int64]:
        """Version 0 with the probability ``clean_share``, else one of the others."""
        if self.cache.views == 1:
            return np.zeros(count, np.int64)
        others = rng.integers(1, self.cache.views, count)
        return np.where(rng.random(count) < self.recipe.clean_share, 0, others)


def excerpts(cache: FeatureCache, recipe: Recipe, number: int, view: int = 0) -> list[Excerpt]:
    """The windows of one view of a clip at every ``STEPS_APART``-th step at which a stream predicts, and at its end.

    A clip with too little speech for any has the one at its end.
    """
    grid, rate_hz = recipe.grid(), recipe.features.sample_rate_hz
    speech_samples = np.append(0, cache.speech(number, view))
    ended = len(speech_samples) - 1
    steps = (grid.spec.n_frames(end) for end in itertools.count(grid.first_end_sample, STEPS_APART * grid.step_samples))
    found: list[Excerpt] = []
    before = 0
    for stop in [*itertools.takewhile(lambda stop: stop < ended, steps), ended]:
        start = max(0, stop - grid.rows)
        speech, new = speech_samples[stop] - speech_samples[start], speech_samples[stop] - before
        enough = speech * 1000 >= SHORTEST_SPEECH_MS * rate_hz and new > 0
        if enough or (stop == ended and not found):
            seconds = (max(1, samples) / rate_hz for samples in (speech, new))
            found.append(Excerpt(number, view, start, stop, *map(float, seconds)))
            before = speech_samples[stop]
    return found


def batches_of_one_length(windows: Sequence[Excerpt]) -> list[list[Excerpt]]:
    """The windows in batches of at most ``BATCH``, those of one length together."""
    of_length: dict[int, list[Excerpt]] = defaultdict(list)
    for window in windows:
        of_length[window.stop - window.start].append(window)
    return [alike[first : first + BATCH] for alike in of_length.values() for first in range(0, len(alike), BATCH)]


def rows_of(cache: FeatureCache, windows: Sequence[Excerpt]) -> F32:
    """The rows (B, T, D) of windows of one length."""
    return np.stack([cache.clip(window.number, window.view)[window.start : window.stop] for window in windows])


def cut(rows: F32, n_rows: int, rng: Generator) -> F32:
    """A random stretch of ``n_rows`` rows; a shorter clip goes round and round from a random place.

    Silence around it instead would shift every mean and deviation from what a stream shows of a clip that short.
    """
    surplus = len(rows) - n_rows
    start = int(rng.integers(0, surplus + 1 if surplus >= 0 else len(rows)))
    return rows[(start + np.arange(n_rows)) % len(rows)]


def _sampling(recipe: Recipe, clips: Sequence[Clip], labels: LabelSet) -> NDArray[np.float64]:
    cells = [(clip.corpus, labels.index(clip.emotion)) for clip in clips]
    sizes = Counter(cells)
    # Clips of other emotions train the summary alone (through the teacher), so they are drawn half as often.
    weight = np.array([sizes[cell] ** -recipe.balance * (1.0 if cell[1] is not None else 0.5) for cell in cells])
    p: NDArray[np.float64] = weight / weight.sum()
    return p
