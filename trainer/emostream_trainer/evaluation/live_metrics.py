"""What a person at the screen sees: how soon a label comes, how long it stays, how much of the time it is right."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emostream.pipeline.smoothing import Smoother, SmoothingConfig
from emostream_trainer.metrics import UNNAMED

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class ClipLog:
    """All that a stream said of one clip: S steps, U utterances, K labels; times in ms from the clip's beginning.

    ``p`` (K,) is the summary's, all 0 where no speech was heard, as are the rows of ``step_p`` (S, K; smoothed) and
    ``utterance_p`` (U, K) that carry no probabilities. ``step_label`` (S,) is the label that was shown, ``UNNAMED``
    where none was. ``elapsed_ms`` (S,) is each step's length, ``agreement`` (S,) in [0, 1], ``speaking`` (S,) bool,
    ``utterance_ms`` (U, 2) from first to last voiced moment.
    """

    p: F64
    step_end_ms: F64
    elapsed_ms: F64
    step_p: F64
    step_label: NDArray[np.int64]
    agreement: F64
    speaking: NDArray[np.bool_]
    utterance_ms: F64
    utterance_p: F64

    @property
    def speech_ms(self) -> float:
        """How long somebody spoke, from first to last voiced moments."""
        return float(np.sum(self.utterance_ms[:, 1] - self.utterance_ms[:, 0]))

    @property
    def spoken_p(self) -> F64:
        """The mean (K,) of the utterances' probabilities, weighted by their length; 0 where there is none."""
        lengths = (self.utterance_ms[:, 1] - self.utterance_ms[:, 0]) * self.utterance_p.any(axis=1)
        return lengths @ self.utterance_p / max(float(lengths.sum()), 1.0)

    @property
    def mean_agreement(self) -> float:
        """Agreement of the networks over the steps that carry probabilities; 0 where none does."""
        judged = self.step_p.any(axis=1)
        return float(self.agreement[judged].mean()) if judged.any() else 0.0


@dataclass(frozen=True)
class LiveMetrics:
    """Shown labels over many clips.

    ``flips_per_minute`` counts changes from one label to another, whatever lay between, by minute of speech. Delays,
    one per clip with speech, run from the speech's beginning to the end of the first window that had a (right) label,
    in seconds, infinite where it never came. ``named`` is the share of speaking time with a label, ``right`` the share
    of that time in which it was the clip's.
    """

    clips: int
    flips_per_minute: float
    first_label_s: F64
    right_label_s: F64
    named: float
    right: float


def live_metrics(logs: Sequence[ClipLog], truth: NDArray[np.int64]) -> LiveMetrics:
    """The metrics of these clips; those without speech are left out."""
    heard = [(log, label) for log, label in zip(logs, truth.tolist(), strict=True) if len(log.utterance_ms)]
    speech_ms = sum(log.speech_ms for log, _ in heard)
    speaking_ms = sum(_time(log, log.speaking) for log, _ in heard)
    named_ms = sum(_time(log, log.step_label != UNNAMED) for log, _ in heard)
    right_ms = sum(_time(log, log.step_label == label) for log, label in heard)
    return LiveMetrics(
        clips=len(heard),
        flips_per_minute=sum(flips(log.step_label) for log, _ in heard) / (speech_ms / 60_000) if speech_ms else 0.0,
        first_label_s=np.array([_delay_s(log, log.step_label != UNNAMED) for log, _ in heard]),
        right_label_s=np.array([_delay_s(log, log.step_label == label) for log, label in heard]),
        named=named_ms / speaking_ms if speaking_ms else 0.0,
        right=right_ms / named_ms if named_ms else 0.0,
    )


def flips(labels: NDArray[np.int64]) -> int:
    """How often one label gave way to another; steps without one are passed over."""
    shown = labels[labels != UNNAMED]
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
    shown = np.full(len(log.step_p), UNNAMED)
    for i, (p, speaking) in enumerate(zip(log.step_p, log.speaking, strict=True)):
        if not p.any():
            rule.reset()
            continue
        _, named = rule.push(p, 1.0)
        if speaking and named is not None:
            shown[i] = named
    return shown


def _time(log: ClipLog, steps: NDArray[np.bool_]) -> float:
    return float(log.elapsed_ms[steps].sum())


def _delay_s(log: ClipLog, steps: NDArray[np.bool_]) -> float:
    if not steps.any():
        return float("inf")
    return float(log.step_end_ms[np.argmax(steps)] - log.utterance_ms[0, 0]) / 1000
