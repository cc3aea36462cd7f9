"""Batches of feature windows for training: which clips, which version of each, which stretch of it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from trainer.bank import FeatureBank, voice_of
from trainer.corpora.clip import Clip
from trainer.corpora.labels import LabelSet
from trainer.recipes import Recipe

F32 = NDArray[np.float32]

# Shares of the full window that batches are cut to: what a stream sees from its first moments on.
CROPS = (0.5, 0.67, 0.83, 1.0)
SHORTER = (0.25, 0.75)


@dataclass(frozen=True, slots=True)
class Batch:
    """``windows`` (B, T, D), ``targets`` (B, K): zero rows where a clip has none of the labels; ``teacher`` (B, E)."""

    windows: F32
    targets: F32
    teacher: F32


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One window (T, D) of one version of the training side's clip ``number``; ``full`` unless cut short.

    ``key`` names the same stretch of audio in every training set over the same bank.
    """

    key: tuple[int, int, bool]
    number: int
    version: int
    full: bool
    weight: float
    window: F32


class TrainingSet:
    """The training side of a split, ready to draw batches from.

    ``numbers`` are the clips' places in the bank; ``teacher`` is of shape (clips in the bank, voices, E): a disturbed
    version is to be summed up as the teacher sums up the undisturbed one.
    """

    def __init__(
        self,
        recipe: Recipe,
        *,
        clips: Sequence[Clip],
        numbers: Sequence[int],
        bank: FeatureBank,
        labels: LabelSet,
        teacher: NDArray[np.float16],
    ) -> None:
        self.recipe = recipe
        self.bank = bank
        self.clips = tuple(clips)
        self.labels = labels
        heard = teacher[np.array(numbers)].astype(np.float32)
        self._teacher_mean, self._teacher_deviation = heard.mean(axis=0), heard.std(axis=0) + 1e-3
        self._teacher = teacher
        self.rows = window_rows(recipe)
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
            versions = self._versions(len(chosen), rng)
            windows = [
                cut(self.bank.clip(self._numbers[i], version), n_rows, rng)
                for i, version in zip(chosen, versions, strict=True)
            ]
            targets = self._targets[chosen]
            smooth = targets * (1 - smoothing) + targets.sum(axis=1, keepdims=True) * smoothing / k
            yield Batch(np.stack(windows), smooth, self._imitated(self._numbers[chosen], voice_of(versions)))

    def sample_rows(self, n_clips: int = 500) -> F32:
        """Clean rows of some training clips, (rows, D), for the networks' normalisation."""
        rng = np.random.default_rng(self.recipe.seed)
        chosen = rng.choice(self._numbers, min(n_clips, len(self._numbers)), replace=False)
        return np.concatenate([self.bank.clip(number) for number in chosen])

    def once(self) -> Iterator[Excerpt]:
        """Every version of every clip with a label as a full window, undisturbed ones as a shorter one too.

        It is what a head learns on. The weights are those that ``epoch`` draws clips by.
        """
        for i, number in enumerate(self._numbers):
            if self.labels.index(self.clips[i].emotion) is None:
                continue
            rng = np.random.default_rng([self.recipe.seed, number])
            for version in range(self.bank.versions):
                rows = self.bank.clip(number, version)
                for full in (True,) if version % 2 else (True, False):
                    length = self.rows if full else round(self.rows * rng.uniform(*SHORTER))
                    start = int(rng.integers(0, max(0, len(rows) - length) + 1))
                    key = (int(number), version, full)
                    yield Excerpt(key, i, version, full, float(self._p[i]), rows[start : start + length])

    def _imitated(self, numbers: NDArray[np.int64], voices: NDArray[np.int64]) -> F32:
        standardised = (self._teacher[numbers, voices] - self._teacher_mean[voices]) / self._teacher_deviation[voices]
        return standardised.astype(np.float32)

    def _versions(self, count: int, rng: Generator) -> NDArray[np.int64]:
        """Version 0 with the probability ``clean_share``, else one of the others."""
        if self.bank.versions == 1:
            return np.zeros(count, np.int64)
        others = rng.integers(1, self.bank.versions, count)
        return np.where(rng.random(count) < self.recipe.clean_share, 0, others)


def window_rows(recipe: Recipe) -> int:
    """T, the rows of a full window."""
    spec = recipe.features
    return (recipe.window_ms * spec.sample_rate_hz // 1000 - spec.frame_length) // spec.hop_length + 1


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
    # Clips of other emotions teach the ear alone (through the teacher), so they come half as often.
    weight = np.array([sizes[cell] ** -recipe.balance * (1.0 if cell[1] is not None else 0.5) for cell in cells])
    return weight / weight.sum()
