"""Summaries of networks that learn nothing but a classifier: kept beside the features, for the next part or recipe."""

import hashlib
import importlib
import inspect
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emostream_trainer.data.training_set import Excerpt
from emostream_trainer.networks import integer_linear, summarised
from emostream_trainer.networks.registry import network_entry
from emostream_trainer.recipes import Recipe

# Summaries (S,) of windows.
SummaryCache = dict[Excerpt, NDArray[np.float32]]


def summaries_file(features: Path, recipe: Recipe, pretrained: Path | None) -> Path:
    """Where summaries by a recipe's network are kept in a folder of features.

    The name changes with the code of the network, with the published weights in it, and with what windows it takes.
    """
    module = importlib.import_module(f"emostream_trainer.networks.{network_entry(recipe).module}")
    trunk = importlib.import_module(f"emostream_trainer.networks.{recipe.pretrained}")
    code = [inspect.getsource(part) for part in (module, trunk, summarised, integer_linear)]
    facts = [recipe.name, repr(recipe.grid()), *code]
    weights = pretrained if recipe.pretrained == "dusha" and pretrained else trunk.WEIGHTS
    key = hashlib.sha256("\0".join(facts).encode() + weights.read_bytes()).hexdigest()[:16]
    return features / f"summaries-{key}.npz"


def read_summaries(path: Path) -> SummaryCache:
    """What was kept there, or nothing."""
    if not path.exists():
        return {}
    with np.load(path) as kept:
        places, speech_s, summaries = kept["places"].tolist(), kept["speech_s"].tolist(), kept["summaries"]
    windows = (Excerpt(*place, *seconds) for place, seconds in zip(places, speech_s, strict=True))
    return dict(zip(windows, summaries, strict=True))


def write_summaries(path: Path, known: Mapping[Excerpt, NDArray[np.float32]]) -> None:
    """Keep them, in one move: whoever interrupts here leaves no half of them."""
    draft = path.with_name(f"draft-{path.name}")
    np.savez(
        draft,
        places=np.array([(window.number, window.view, window.start, window.stop) for window in known]),
        speech_s=np.array([(window.speech_s, window.new_speech_s) for window in known]),
        summaries=np.stack(list(known.values())),
    )
    draft.replace(path)
