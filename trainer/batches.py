"""Batches of feature windows for training: which clips, which version of each, which stretch of it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from trainer.bank import FeatureBank
from trainer.corpora.clip import Clip
from trainer.corpora.labels import LabelSet
from trainer.recipes import Recipe

F32 = NDArray[np.float32]

# Shares of the full window that batches are cut to: what a stream sees from its first moments on.
CROPS = (0.5, 0.67, 0.83, 1.0)


@dataclass(frozen=True, slots=True)
class Batch:
    """``windows`` (B, T, D), ``targets`` (B, K): zero rows where a clip has none of the labels; ``teacher`` (B, E)."""

    windows: F32
    targets: F32
    teacher: F32


class TrainingSet:
    """The training side of a split, ready to draw batches from.

    ``numbers`` are the clips' places in the bank; ``teacher`` is float32 of shape (clips in the bank, E).
    """

    def __init__(
        self,
        recipe: Recipe,
        *,
        clips: Sequence[Clip],
        numbers: Sequence[int],
        bank: FeatureBank,
        labels: LabelSet,
        teacher: F32,
    ) -> None:
        self.recipe = recipe
        self.bank = bank
        self.teacher = teacher
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
            windows = [self._window(self._numbers[i], n_rows, rng) for i in chosen]
            targets = self._targets[chosen]
            smooth = targets * (1 - smoothing) + targets.sum(axis=1, keepdims=True) * smoothing / k
            yield Batch(np.stack(windows), smooth, self.teacher[self._numbers[chosen]])

    def sample_rows(self, n_clips: int = 500) -> F32:
        """Clean rows of some training clips, (rows, D), for the networks' normalisation."""
        rng = np.random.default_rng(self.recipe.seed)
        chosen = rng.choice(self._numbers, min(n_clips, len(self._numbers)), replace=False)
        return np.concatenate([self.bank.clip(number) for number in chosen])

    def _window(self, number: int, n_rows: int, rng: Generator) -> F32:
        clean = self.bank.versions == 1 or rng.random() < self.recipe.clean_share
        version = 0 if clean else int(rng.integers(1, self.bank.versions))
        return cut(self.bank.clip(number, version), n_rows, rng)


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
