"""What a person at the screen sees: how soon a label comes, how long it stays, how much of the time it is right."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emostream.pipeline.smoothing import Smoother, SmoothingConfig
from emostream_trainer.evaluation.result import ClipLog
from emostream_trainer.metrics import NO_LABEL

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class LiveMetrics:
    """Shown labels over many clips.

    ``flips_per_minute`` counts changes from one label to another, whatever lay between, by minute of speech. Delays,
    one per clip with speech, run from the speech's beginning to the end of the first window that had a (right) label,
    in seconds, infinite where it never came. ``predicted`` is the share of speaking time with a label, ``right`` the
    share of that time in which it was the clip's.
    """

    clips: int
    flips_per_minute: float
    first_label_s: F64
    right_label_s: F64
    predicted: float
    right: float


def live_metrics(logs: Sequence[ClipLog], truth: NDArray[np.int64]) -> LiveMetrics:
    """The metrics of these clips; those without speech are left out."""
    with_speech = [(log, label) for log, label in zip(logs, truth.tolist(), strict=True) if len(log.utterance_ms)]
    speech_ms = sum(log.speech_ms for log, _ in with_speech)
    speaking_ms = sum(_time(log, log.speaking) for log, _ in with_speech)
    labelled_ms = sum(_time(log, log.step_label != NO_LABEL) for log, _ in with_speech)
    right_ms = sum(_time(log, log.step_label == label) for log, label in with_speech)
    return LiveMetrics(
        clips=len(with_speech),
        flips_per_minute=sum(flips(log.step_label) for log, _ in with_speech) / (speech_ms / 60_000)
        if speech_ms
        else 0.0,
        first_label_s=np.array([_delay_s(log, log.step_label != NO_LABEL) for log, _ in with_speech]),
        right_label_s=np.array([_delay_s(log, log.step_label == label) for log, label in with_speech]),
        predicted=labelled_ms / speaking_ms if speaking_ms else 0.0,
        right=right_ms / labelled_ms if labelled_ms else 0.0,
    )


def flips(labels: NDArray[np.int64]) -> int:
    """How often one label gave way to another; steps without one are passed over."""
    shown = labels[labels != NO_LABEL]
    return int(np.count_nonzero(np.diff(shown)))


def shown_at(log: ClipLog, on_threshold: float, smoothing: SmoothingConfig) -> NDArray[np.int64]:
    """The labels (S,) that would be shown were ``on_threshold`` the probability at which one is named.

    The runtime's own rule of naming and keeping decides; what keeps a label stays as far below what names it as in
    ``smoothing``.
    """
    off_threshold = max(0.0, on_threshold - (smoothing.on_threshold - smoothing.off_threshold))
    # The probabilities of events are smoothed already.
    rule = Smoother(
        SmoothingConfig(
            half_life_ms=0,
            on_threshold=on_threshold,
            off_threshold=off_threshold,
            switch_margin=smoothing.switch_margin,
        )
    )
    shown = np.full(len(log.step_p), NO_LABEL)
    for i, (p, speaking) in enumerate(zip(log.step_p, log.speaking, strict=True)):
        if not p.any():
            rule.reset()
            continue
        _, predicted = rule.push(p, 1.0)
        if speaking and predicted is not None:
            shown[i] = predicted
    return shown


def _time(log: ClipLog, steps: NDArray[np.bool_]) -> float:
    return float(log.elapsed_ms[steps].sum())


def _delay_s(log: ClipLog, steps: NDArray[np.bool_]) -> float:
    if not steps.any():
        return float("inf")
    return float(log.step_end_ms[np.argmax(steps)] - log.utterance_ms[0, 0]) / 1000
