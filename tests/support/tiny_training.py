"""Training without corpora: recipes that are over in a moment and feature rows that say where they are from."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import FOUR
from emostream_trainer.data.feature_cache import FeatureCache
from emostream_trainer.data.training_set import TrainingSet
from emostream_trainer.recipes import RECIPES, TEACHER_SUMMARY, Recipe

F32 = NDArray[np.float32]

SPEECH_A_ROW = 500

RELATIVE = [name for name, recipe in RECIPES.items() if recipe.relative]


def tiny_recipe(name: str, **changes: Any) -> Recipe:
    """The recipe with windows of a second, batches of eight, at most two epochs and no teacher, and with ``changes``.

    What learns nothing but its head still does so.
    """
    short: dict[str, Any] = {"window_ms": 1000, "batch_size": 8, "views": 2, "teacher": None}
    short["epochs"] = min(2, RECIPES[name].epochs)
    if RECIPES[name].clips_per_epoch:
        short["clips_per_epoch"] = 16
    return msgspec.structs.replace(RECIPES[name], **(short | changes))


def made_up_clips(emotions: Sequence[str], speakers: int = 4, corpus: str = "made") -> list[Clip]:
    """Clips that need no file; speaker n is the one of every n-th clip."""
    return [
        Clip(Path(f"{corpus}/{i}.wav"), corpus, "en", f"{corpus}-{i % speakers}", "", emotion, "", "")
        for i, emotion in enumerate(emotions)
    ]


def cache_of(rows: NDArray[np.floating], lengths: NDArray[np.int64]) -> FeatureCache:
    """A cache that is kept nowhere, of all rows (total, D) and the ``lengths`` (clips, views) of all views.

    Every row brings ``SPEECH_A_ROW`` samples of speech.
    """
    stops = lengths.cumsum().reshape(lengths.shape)
    heard = np.concatenate([np.arange(1, length + 1) * SPEECH_A_ROW for length in lengths.ravel()])
    starts = np.column_stack([stops[:, 0] - lengths[:, 0], stops])
    return FeatureCache(Path("nowhere"), rows.astype(np.float16), heard.astype(np.int32), starts)


def made_up_cache(recipe: Recipe, n_clips: int, rows: int = 60) -> FeatureCache:
    """Random rows whose level tells the clip and the version; by telephone there is nothing in their upper half."""
    rng = np.random.default_rng(0)
    level = np.arange(n_clips * recipe.views).repeat(rows)[:, None] % 7
    noise = rng.normal(-40, 5, (len(level), recipe.features.dim))
    cache = cache_of(noise + level, np.full((n_clips, recipe.views), rows))
    return with_telephone(cache) if recipe.narrow_band else cache


def with_telephone(cache: FeatureCache) -> FeatureCache:
    """The same cache with its clean clips by telephone: nothing is left in the upper half of their rows."""
    lengths = np.diff(cache.starts[:, :2], axis=1)
    heard = np.concatenate([cache.clip(number) for number in range(len(cache.starts))])
    heard[:, heard.shape[1] // 2 :] = -120
    return replace(cache, by_telephone=cache_of(heard, lengths))


def made_up_training(recipe: Recipe, n_clips: int = 16, cache: FeatureCache | None = None) -> TrainingSet:
    """A training set of four emotions; each of the four speakers has said all of them once every sixteen clips."""
    clips = made_up_clips([FOUR.labels[(i + i // 4) % 4] for i in range(n_clips)])
    voices = -(-recipe.views // 2)
    size = TEACHER_SUMMARY[recipe.teacher] if recipe.teacher else 0
    teacher = np.random.default_rng(1).normal(0, 1, (n_clips, voices, size)).astype(np.float16)
    return TrainingSet(
        recipe,
        clips=clips,
        numbers=range(n_clips),
        cache=cache or made_up_cache(recipe, n_clips),
        labels=FOUR,
        teacher=teacher,
    )
