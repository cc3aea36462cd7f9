"""The card of a part of a run: what recipe, split and evaluation say, in the form that travels with the model."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import emostream
from emostream.inference.card import ModelCard
from emostream_trainer import runs
from emostream_trainer.evaluation.calibration import fit_temperature

PROTOCOL = (
    "UAR of clips by speakers never heard in training, {parts} speaker-disjoint folds, each clip through the live "
    "path; the mean of the corpora"
)
ONE_VOICE = (
    "UAR of clips of the one voice that it learnt from, each judged by a network that had not heard the clip ({parts} "
    "folds); other voices were not judged"
)


def make_card(folder: Path, part: Path) -> ModelCard:
    """The card of one part of a run; scores are there once the run was evaluated.

    The temperature comes from clips that neither this part nor its scores saw: those of the other folds. A network
    without one corpus has that of the folds too: how far it is to be less sure elsewhere then holds for the one of all
    corpora (``evaluation.elsewhere``). A run without folds has that of the other corpora.
    """
    run, split = runs.read_run(folder), runs.read_split(part)
    recipe = run.recipe
    parts = runs.evaluated_parts(folder) or runs.evaluated_parts(folder, runs.WITHOUT)
    held_out = [runs.read_held_out(other) for other in parts if other != part]
    temperature = 1.0
    if held_out:
        logits, labels = (np.concatenate(parts) for parts in zip(*held_out, strict=True))
        temperature = fit_temperature(logits, labels)
    usual = runs.read_summaries(part)
    scores = runs.read_scores(folder) if part.name == runs.ALL else {}
    protocol = ONE_VOICE if run.one_voice else PROTOCOL
    return ModelCard(
        name=recipe.network,
        variant=recipe.variant,
        version=emostream.__version__,
        labels=run.labels,
        features=recipe.features,
        window_ms=recipe.window_ms,
        step_ms=recipe.step_ms,
        shortest_window_ms=recipe.shortest_window_ms,
        every_steps=recipe.every_steps,
        temperature=round(temperature, 4),
        licence=run.licence,
        training_data=run.training_data,
        protocol=protocol.format(parts=len(runs.evaluated_parts(folder))) if scores else "not evaluated",
        split_hash=split.split_hash,
        heard_speakers=split.speakers,
        scores=scores,
        attribution=run.attribution,
        neutral_summary=_rounded(usual.neutral),
        speech_summary=_rounded(usual.speech),
        label_summaries=() if usual.moods is None else tuple(_rounded(mood) for mood in usual.moods),
    )


def _rounded(summary: NDArray[np.float32]) -> tuple[float, ...]:
    return tuple(summary.astype(float).round(4).tolist())
