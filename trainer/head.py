"""The classifier over a network's summaries: a logistic regression that knows speakers with and without a baseline.

It is fitted after the network has learnt, on the same speakers. Half of what it sees is relative to a baseline of a few
neutral clips of the same voice, half is not, so that one classifier serves a speaker who enrolled and one who did not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score

from streamer.baseline import BaselineConfig

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]

# How strongly the regression is held back is chosen among these, by speakers of the training side alone.
STRENGTHS = (3e-4, 1e-3, 3e-3, 1e-2)
MOST_CLIPS = 8
# The daemon's own: a head learns on offsets such as it will be given.
TRUST = BaselineConfig()


@dataclass(frozen=True)
class Spoken:
    """Windows of the training side: a row each.

    ``summaries`` (N, S); ``truth`` (N,) in 0..K-1; ``voices`` (N,) who speaks, made-up voices apart; ``clips`` (N,)
    which clip; ``seconds`` (N,) of audio; ``weights`` (N,); ``whole`` (N,) full windows of undisturbed clips;
    ``neutral`` (N,) those of neutral speech, which baselines are made of; ``speakers`` (N,) whose voice it really is.
    """

    summaries: F32
    truth: I64
    voices: NDArray[np.str_]
    speakers: NDArray[np.str_]
    clips: I64
    seconds: F32
    weights: F32
    whole: NDArray[np.bool_]
    neutral: NDArray[np.bool_]


@dataclass(frozen=True)
class Head:
    """``weight`` (S, K), ``bias`` (K,); the training voices' mean summary of ``neutral`` and of all ``speech`` (S,)."""

    weight: F32
    bias: F32
    neutral: F32
    speech: F32


def fit_head(spoken: Spoken, seed: int = 0) -> Head:
    """The head of standardised summaries."""
    neutral = _mean_of_voices(spoken, spoken.neutral)
    speech = _mean_of_voices(spoken, spoken.whole)
    offsets = _offsets(spoken, neutral, np.random.default_rng(seed))
    x = np.concatenate([spoken.summaries, spoken.summaries - offsets])
    # A regression is held back by a strength per row, of which there are more here than where it was chosen.
    regression = _regression(_strength(spoken) * spoken.whole.sum() / len(x))
    regression.fit(x, np.tile(spoken.truth, 2), sample_weight=np.tile(spoken.weights, 2))
    weight, bias = regression.coef_.T, regression.intercept_
    return Head(weight.astype(np.float32), bias.astype(np.float32), neutral, speech)


def _regression(strength: float) -> LogisticRegression:
    return LogisticRegression(C=strength, max_iter=200)


def _strength(spoken: Spoken) -> float:
    """The strength that does best on speakers of the training side that it was not fitted on."""
    chosen = np.flatnonzero(spoken.whole)
    x, y, groups = spoken.summaries[chosen], spoken.truth[chosen], spoken.speakers[chosen]
    folds = list(GroupKFold(min(4, len(set(groups.tolist())))).split(x, y, groups))
    scores = [
        cross_val_score(_regression(strength), x, y, cv=folds, scoring="balanced_accuracy").mean()
        for strength in STRENGTHS
    ]
    return STRENGTHS[int(np.argmax(scores))]


def _mean_of_voices(spoken: Spoken, among: NDArray[np.bool_]) -> F32:
    """The mean over voices of their mean summary: one who says more counts no more."""
    voices = spoken.voices[among]
    means = [spoken.summaries[among][voices == voice].mean(axis=0) for voice in sorted(set(voices.tolist()))]
    return np.mean(means, axis=0, dtype=np.float32) if means else np.zeros(spoken.summaries.shape[1], np.float32)


def _offsets(spoken: Spoken, neutral: F32, rng: Generator) -> F32:
    """For each window what an enrolment of one to eight neutral clips of its voice, never its own, would take off."""
    offsets = np.zeros_like(spoken.summaries)
    of_voice: dict[str, Sequence[int]] = {}
    for i in np.flatnonzero(spoken.neutral):
        of_voice.setdefault(str(spoken.voices[i]), []).append(int(i))  # type: ignore[attr-defined]
    for row, (voice, clip) in enumerate(zip(spoken.voices, spoken.clips, strict=True)):
        others = [i for i in of_voice.get(str(voice), []) if spoken.clips[i] != clip]
        if not others:
            continue
        chosen = rng.permutation(others)[: rng.integers(1, MOST_CLIPS + 1)]
        seconds = float(spoken.seconds[chosen].sum())
        trust = seconds / (seconds + TRUST.enrol_prior_s)
        offsets[row] = trust * (spoken.summaries[chosen].mean(axis=0) - neutral)
    return offsets.clip(-TRUST.largest, TRUST.largest)
