"""Logs of clips that nobody spoke, for what is computed from them."""

from collections.abc import Sequence

import numpy as np

from emostream_trainer.evaluation.result import ClipLog
from emostream_trainer.metrics import NO_LABEL

STEP_MS = 250.0


def clip_log(
    step_p: Sequence[Sequence[float]],
    *,
    shown: Sequence[int] | None = None,
    speaking: Sequence[bool] | None = None,
    spoken_ms: Sequence[tuple[float, float]] | None = None,
    utterance_p: Sequence[Sequence[float]] | None = None,
) -> ClipLog:
    """Steps of 250 ms from 500 ms on, all of them spoken in one utterance unless said otherwise."""
    p = np.array(step_p, float)
    ends = 500 + STEP_MS * np.arange(len(p))
    spans = [(100.0, float(ends[-1]))] if spoken_ms is None else spoken_ms
    last = p[-1:] if utterance_p is None else np.array(utterance_p, float)
    return ClipLog(
        p=p.mean(axis=0),
        step_end_ms=ends,
        elapsed_ms=np.diff(ends, prepend=0.0),
        step_p=p,
        step_label=np.full(len(p), NO_LABEL) if shown is None else np.array(shown),
        agreement=np.full(len(p), 0.5),
        speaking=np.ones(len(p), bool) if speaking is None else np.array(speaking),
        utterance_ms=np.array(spans, float).reshape(-1, 2),
        utterance_p=last.reshape(-1, p.shape[1]),
    )
