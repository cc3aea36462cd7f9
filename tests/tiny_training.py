"""Training without corpora: recipes that are over in a moment and feature rows that say where they are from."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from trainer.bank import FeatureBank
from trainer.batches import TrainingSet
from trainer.corpora.clip import Clip
from trainer.corpora.labels import FOUR
from trainer.recipes import RECIPES, Recipe

F32 = NDArray[np.float32]

TEACHER_EMBEDDING = 128


def tiny_recipe(name: str, **changes: Any) -> Recipe:
    """The recipe with windows of a second, batches of eight, two epochs and no teacher, and with ``changes``."""
    short: dict[str, Any] = {"window_ms": 1000, "batch_size": 8, "epochs": 2, "versions": 2, "teacher_weight": 0.0}
    if RECIPES[name].clips_per_epoch:
        short["clips_per_epoch"] = 16
    return msgspec.structs.replace(RECIPES[name], **(short | changes))


def made_up_clips(emotions: Sequence[str], speakers: int = 4, corpus: str = "made") -> list[Clip]:
    """Clips that need no file; speaker n is the one of every n-th clip."""
    return [
        Clip(Path(f"{corpus}/{i}.wav"), corpus, "en", f"{corpus}-{i % speakers}", "", emotion, "", "")
        for i, emotion in enumerate(emotions)
    ]


def made_up_bank(recipe: Recipe, n_clips: int, rows: int = 60) -> FeatureBank:
    """Random rows whose level tells the clip and the version."""
    rng = np.random.default_rng(0)
    starts = np.arange(n_clips * recipe.versions + 1) * rows
    by_clip = np.column_stack([starts[:-1].reshape(n_clips, -1), starts[recipe.versions :: recipe.versions]])
    level = np.arange(n_clips * recipe.versions).repeat(rows)[:, None] % 7
    noise = rng.normal(-40, 5, (len(level), recipe.features.dim))
    return FeatureBank((noise + level).astype(np.float16), by_clip)


def made_up_training(recipe: Recipe, n_clips: int = 16) -> TrainingSet:
    """A training set of four emotions, in turn."""
    clips = made_up_clips([FOUR.labels[i % 4] for i in range(n_clips)])
    teacher = np.random.default_rng(1).normal(0, 1, (n_clips, TEACHER_EMBEDDING)).astype(np.float32)
    return TrainingSet(
        recipe,
        clips=clips,
        numbers=range(n_clips),
        bank=made_up_bank(recipe, n_clips),
        labels=FOUR,
        teacher=teacher,
    )
