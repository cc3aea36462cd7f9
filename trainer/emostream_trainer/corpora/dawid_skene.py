"""Many answers, one label: Dawid and Skene's model weighs each annotator by what else they answered."""

import warnings
from collections.abc import Sequence
from typing import NamedTuple

from emostream.errors import UsageError

# Beliefs under this are the model's way of writing nought.
NOUGHT = 1e-4


class Answer(NamedTuple):
    """What one annotator called one clip."""

    clip: str
    annotator: str
    emotion: str


def aggregate(answers: Sequence[Answer]) -> dict[str, dict[str, float]]:
    """Return {clip: {emotion: share}}, the belief in each emotion after all answers; shares of a clip sum to 1.

    Raises UsageError where crowd-kit is not installed.
    """
    if not answers:
        return {}
    try:
        import pandas
        from crowdkit.aggregation import DawidSkene
    except ModuleNotFoundError as error:
        raise UsageError(
            f"found no {error.name}, which weighs the answers of many annotators: pip install 'emostream[train]'"
        ) from error
    table = pandas.DataFrame(list(answers), columns=["task", "worker", "label"])
    with warnings.catch_warnings():
        # crowd-kit 1.4 uses keywords that pandas 3 will drop.
        warnings.simplefilter("ignore")
        beliefs = DawidSkene(n_iter=100).fit_predict_proba(table)
    emotions = list(beliefs.columns)
    return {
        str(clip): _shares(dict(zip(emotions, row, strict=True)))
        for clip, row in zip(beliefs.index, beliefs.to_numpy().tolist(), strict=True)
    }


def _shares(beliefs: dict[str, float]) -> dict[str, float]:
    kept = {emotion: belief for emotion, belief in beliefs.items() if belief >= NOUGHT}
    total = sum(kept.values())
    return {emotion: belief / total for emotion, belief in kept.items()}
