"""How a network does on the clips that it learns from and on those of strangers, after each epoch."""

from collections.abc import Sequence

import numpy as np

from emostream.inference.probabilities import softmax
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import LabelSet
from emostream_trainer.data.feature_cache import FeatureCache
from emostream_trainer.metrics import uar
from emostream_trainer.networks.network import Network
from emostream_trainer.recipes import Recipe
from emostream_trainer.runs import SideFigures

MOST_CLIPS = 1_000  # of a side: enough for two digits
BATCH = 64


def side_figures(
    network: Network,
    *,
    recipe: Recipe,
    cache: FeatureCache,
    clips: Sequence[Clip],
    numbers: Sequence[int],
    labels: LabelSet,
) -> SideFigures | None:
    """Figures of one window a clip, its middle; None where no clip has one of the labels.

    ``numbers`` are the clips' places in the cache. Of many clips a fixed random choice is taken.
    """
    labelled = [place for place, clip in enumerate(clips) if labels.index(clip.emotion) is not None]
    if not labelled:
        return None
    chosen = np.random.default_rng(0).permutation(labelled)[:MOST_CLIPS]
    truth = labels.indices([clips[place] for place in chosen])
    windows = np.stack([_middle(cache.clip(numbers[place]), recipe.grid().rows) for place in chosen])
    logits = np.concatenate([network.run(windows[first : first + BATCH])[0] for first in range(0, len(windows), BATCH)])
    p = softmax(logits)[np.arange(len(truth)), truth]
    predicted = logits.argmax(axis=1)
    return SideFigures(
        loss=float(-np.log(np.maximum(p, 1e-12)).mean()),
        accuracy=float((predicted == truth).mean()),
        uar=uar(truth, predicted),
    )


def _middle(rows: np.ndarray, n_rows: int) -> np.ndarray:
    """The middle ``n_rows``; a shorter clip goes round, as it does in training."""
    start = max(0, (len(rows) - n_rows) // 2)
    return rows[(start + np.arange(n_rows)) % len(rows)]
