"""Which networks there are: each variant's framework, and what builds it. A new network is a row here."""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from emostream.errors import UsageError
from emostream.features.arrays import Rows
from emostream_trainer.recipes import Recipe

Framework = Literal["keras", "torch"]


@dataclass(frozen=True)
class NetworkEntry:
    """A network's framework, and the function ``builder`` of the module ``module`` in this folder that makes it.

    ``builder(recipe, n_labels, rows, pretrained)`` gives a ``keras.Model`` or a ``torch.nn.Module``.
    """

    framework: Framework
    module: str
    builder: str


REGISTRY = {
    "mfcc_cnn1d/published": NetworkEntry("keras", "mfcc_cnn1d", "build_published"),
    "mfcc_cnn1d/published-20": NetworkEntry("keras", "mfcc_cnn1d", "build_published_padded"),
    "mfcc_cnn1d/attentive": NetworkEntry("keras", "mfcc_cnn1d", "build_attentive"),
    "mfcc_cnn1d/distilled": NetworkEntry("keras", "mfcc_cnn1d", "build_distilled"),
    "mel_cnn2d/published": NetworkEntry("torch", "mel_cnn2d", "build_published"),
    "mel_cnn2d/attentive": NetworkEntry("torch", "mel_cnn2d", "build_attentive"),
    "mel_cnn2d/distilled": NetworkEntry("torch", "mel_cnn2d", "build_distilled"),
    "mel_cnn2d/staged": NetworkEntry("torch", "mel_cnn2d", "build_staged"),
    "whisper/staged": NetworkEntry("torch", "whisper", "build_staged"),
}


def network_entry(recipe: Recipe) -> NetworkEntry:
    """The row of a recipe's network; raises ``UsageError`` that lists the rows for one that is not there."""
    if recipe.name not in REGISTRY:
        raise UsageError(f"found the network {recipe.name!r}, expected one of {', '.join(REGISTRY)}")
    return REGISTRY[recipe.name]


def build_network(recipe: Recipe, n_labels: int, rows: Rows | None = None, pretrained: Path | None = None) -> Any:
    """A ``keras.Model`` or ``torch.nn.Module`` for a recipe, before its first step.

    ``rows`` (N, D) are training rows for the normalisation, ``pretrained`` the file of the Dusha network, for the
    variant that starts from it. Without them the network is right once its weights are loaded. Raises ``UsageError``
    for an unknown network and for features that it cannot take.
    """
    entry = network_entry(recipe)
    module = importlib.import_module(f"emostream_trainer.networks.{entry.module}")
    return getattr(module, entry.builder)(recipe, n_labels, rows, pretrained)
