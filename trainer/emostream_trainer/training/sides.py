"""How a network does on the clips that it learns from and on those of strangers, after each epoch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emostream.inference.probabilities import softmax
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import LabelSet
from emostream_trainer.data.feature_cache import FeatureCache
from emostream_trainer.metrics import uar
from emostream_trainer.networks.network import Network
from emostream_trainer.recipes import Recipe
from emostream_trainer.runs import SideFigures
from emostream_trainer.training.discriminant import LEAST_DEVIATION, DiscriminantWindows, fit_discriminant

F32 = NDArray[np.float32]

MOST_CLIPS = 1_000  # of a side: enough for two digits
BATCH = 64


@dataclass(frozen=True)
class Sides:
    """Judges a network on one window a clip, its middle, of the clips it learns from and of those it does not.

    ``number`` has the clips' places in the cache. Of many clips a fixed random choice is taken. A network that is not
    ``classified`` yet, for its classifier is fitted after its last epoch, gets one for the judging, fitted to the
    training side's chosen windows.
    """

    recipe: Recipe
    cache: FeatureCache
    labels: LabelSet
    number: Mapping[Path, int]
    training: Sequence[Clip]
    validation: Sequence[Clip]

    def __call__(self, network: Network, classified: bool = True) -> tuple[SideFigures | None, SideFigures | None]:
        """Figures of the training and of the validation side; None for a side where no clip has one of the labels."""
        learnt, judged = self._outputs(network, self.training), self._outputs(network, self.validation)
        if not classified and learnt and len(np.unique(learnt.truth)) > 1:
            learnt, judged = self._classified(learnt, judged)
        return _figures(learnt), _figures(judged)

    def _outputs(self, network: Network, clips: Sequence[Clip]) -> "_Outputs | None":
        labelled = [clip for clip in clips if self.labels.index(clip.emotion) is not None]
        if not labelled:
            return None
        chosen = np.random.default_rng(0).permutation(len(labelled))[:MOST_CLIPS]
        taken = [labelled[place] for place in chosen]
        rows = self.recipe.grid().rows
        windows = np.stack([_middle(self.cache.clip(self.number[clip.path]), rows) for clip in taken])
        outputs = [network.run(windows[first : first + BATCH]) for first in range(0, len(windows), BATCH)]
        logits, summaries = (np.concatenate(part) for part in zip(*outputs, strict=True))
        return _Outputs(logits, summaries, self.labels.indices(taken), np.array([clip.speaker for clip in taken]))

    def _classified(self, learnt: "_Outputs", judged: "_Outputs | None") -> "tuple[_Outputs, _Outputs | None]":
        """The same with the logits of a discriminant of the training side's summaries."""
        deviation = learnt.summaries.std(axis=0)
        mean, deviation = learnt.summaries.mean(axis=0), np.where(deviation < LEAST_DEVIATION, 1, deviation)
        clips, everyone = len(learnt.truth), np.ones(len(learnt.truth), bool)
        discriminant = fit_discriminant(
            DiscriminantWindows(
                summaries=(learnt.summaries - mean) / deviation,
                truth=learnt.truth,
                speakers=learnt.speakers,
                seconds=np.ones(clips),
                weights=np.ones(clips),
                clean=everyone,
                neutral=everyone,
            ),
            len(self.labels.labels),
            shrinkage=self.recipe.shrinkage,
            between_speaker_weight=self.recipe.between_speaker_weight,
            speaker_share=self.recipe.speaker_share,
        )

        def with_logits(of: _Outputs) -> _Outputs:
            logits = (of.summaries - mean) / deviation @ discriminant.weight + discriminant.bias
            return replace(of, logits=logits)

        return with_logits(learnt), with_logits(judged) if judged else None


@dataclass(frozen=True)
class _Outputs:
    """Of N clips: ``logits`` (N, K), ``summaries`` (N, S), ``truth`` (N,), ``speakers`` (N,)."""

    logits: F32
    summaries: F32
    truth: NDArray[np.int64]
    speakers: NDArray[np.str_]


def _figures(of: _Outputs | None) -> SideFigures | None:
    if of is None:
        return None
    p = softmax(of.logits)[np.arange(len(of.truth)), of.truth]
    predicted = of.logits.argmax(axis=1)
    return SideFigures(
        loss=float(-np.log(np.maximum(p, 1e-12)).mean()),
        accuracy=float((predicted == of.truth).mean()),
        uar=uar(of.truth, predicted),
    )


def _middle(rows: np.ndarray, n_rows: int) -> np.ndarray:
    """The middle ``n_rows``; a shorter clip goes round, as it does in training."""
    start = max(0, (len(rows) - n_rows) // 2)
    return rows[(start + np.arange(n_rows)) % len(rows)]
