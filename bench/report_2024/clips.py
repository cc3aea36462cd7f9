"""The clips of the experiments: happy, neutral and sad, as many as the report had of CREMA-D, and people apart.

Each label is there as often as the others, as nearly in CREMA-D: chance is an accuracy of one third.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emostream_trainer.corpora.clip import Clip
from emostream_trainer.corpora.labels import label_set
from emostream_trainer.corpora.presets import THREE
from emostream_trainer.corpora.registry import read_corpus
from emostream_trainer.data.splits import folds

LABELS = label_set(THREE)
REPORT_CLIPS = 3_629  # of CREMA-D with these three labels
MOST_OF_A_LABEL = {"training": -(-REPORT_CLIPS // 3), "validation": 300}


@dataclass(frozen=True)
class Sides:
    """What is learnt from, and what is judged by: no speaker is on both sides."""

    training: Sequence[Clip]
    validation: Sequence[Clip]


def sides(folders: Sequence[Path], only: str | None = None) -> Sides:
    """All folds but the first against the first, each a fixed random choice; of one corpus alone with ``only``."""
    clips = [clip for folder in folders for clip in LABELS.keep(read_corpus(folder).clips)]
    split = folds([clip for clip in clips if only in (None, clip.corpus)])[0]
    return Sides(
        _balanced(split.train, MOST_OF_A_LABEL["training"]), _balanced(split.test, MOST_OF_A_LABEL["validation"])
    )


def _balanced(clips: Sequence[Clip], most: int) -> list[Clip]:
    places = LABELS.indices(clips)
    count = min(most, np.bincount(places).min())
    rng = np.random.default_rng(2024)
    chosen = [rng.permutation(np.flatnonzero(places == label))[:count] for label in range(len(LABELS.labels))]
    return [clips[number] for number in np.concatenate(chosen)]
