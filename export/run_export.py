"""All parts of a training run to ONNX, each verified against its framework on real windows."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from export.card import make_card
from export.stamp import write_model
from export.verify import Verification
from streamer.features import FeatureStream
from trainer import runs
from trainer.bank import read_audio
from trainer.batches import window_rows
from trainer.learners import new_learner
from trainer.recipes import Recipe

F32 = NDArray[np.float32]

# Shares of a full window that are compared: a stream begins with short ones.
LENGTHS = (1.0, 0.6, 0.25)
WINDOWS = 16


def export_part(folder: Path, part: Path, to: Path, recording: Path) -> Verification:
    """Write the model of one part. ``recording`` is any speech to compare on.

    Raises ``NoInputError`` for a part without a checkpoint and ``MismatchError`` where ONNX and framework differ.
    """
    run = runs.read_run(folder)
    recipe = run.recipe
    learner = new_learner(recipe, len(run.labels), np.zeros((2, recipe.features.dim), np.float32))
    learner.load(runs.checkpoint_of(part))
    return write_model(to, learner, recipe, make_card(folder, part), real_windows(recipe, recording))


def real_windows(recipe: Recipe, recording: Path) -> list[F32]:
    """Batches of windows (B, T, D) of several T, cut from a recording by the daemon's own features."""
    spec = recipe.features
    rows = FeatureStream(spec).push(read_audio(recording, spec.sample_rate_hz))
    batches = []
    for share in LENGTHS:
        length = round(window_rows(recipe) * share)
        starts = np.linspace(0, len(rows) - length, WINDOWS).astype(int)
        batches.append(np.stack([rows[start : start + length] for start in starts]))
    return batches
