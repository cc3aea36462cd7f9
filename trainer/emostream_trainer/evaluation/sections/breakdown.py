"""UAR by corpus, sex, language and intensity."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emostream_trainer import metrics
from emostream_trainer.corpora.clip import Clip
from emostream_trainer.evaluation.report import Section, Table, score, with_interval
from emostream_trainer.evaluation.result import Evaluation


def breakdown(evaluation: Evaluation) -> Section:
    """UAR by corpus, sex, language and intensity."""
    by: dict[str, Callable[[Clip], str]] = {
        "corpus": lambda clip: clip.corpus,
        "sex": lambda clip: {"F": "women", "M": "men"}.get(clip.sex, ""),
        "language": lambda clip: clip.language,
        # Each corpus has its own grades.
        "intensity": lambda clip: f"{clip.corpus} {clip.intensity}" if clip.intensity else "",
    }
    rows, numbers = [], {}
    for trait, value_of in by.items():
        values = np.array([value_of(clip) for clip in evaluation.clips])
        numbers[trait] = {value: _part(evaluation, values == value) for value in sorted(set(values.tolist()) - {""})}
        for value, part in numbers[trait].items():
            recall = [score(share) for share in part["recalls"].values()]
            uar = with_interval(part["UAR"], part["interval"])
            rows.append((f"{trait}: {value}", str(part["clips"]), str(part["speakers"]), uar, *recall))
    columns = ("", "clips", "speakers", "UAR", *evaluation.labels)
    body = (
        "UAR and recalls of parts of the clips; those whose corpus does not say are left out of a part. Parts with "
        "fewer labels are easier: neutral speech, for one, has no intensity in some corpora.",
        Table(columns, tuple(rows)),
    )
    return Section("breakdown", "Who and what", body, numbers)


def _part(evaluation: Evaluation, chosen: NDArray[np.bool_]) -> dict[str, Any]:
    clips = [clip for clip, wanted in zip(evaluation.clips, chosen, strict=True) if wanted]
    truth, predicted = evaluation.truth[chosen], evaluation.predicted[chosen]
    speakers = [clip.speaker for clip in clips]
    recall = metrics.recalls(truth, predicted, range(len(evaluation.labels))).tolist()
    spoken = set(truth.tolist())
    return {
        "clips": len(clips),
        "speakers": len(set(speakers)),
        "UAR": metrics.uar(truth, predicted),
        "interval": metrics.interval(metrics.speaker_bootstrap(truth, predicted, speakers)),
        "recalls": {name: recall[i] if i in spoken else None for i, name in enumerate(evaluation.labels)},
    }
