"""The classifier over a network's summaries: linear discriminants for speakers that are not in training.

It is fitted after the network has learnt, on the same speakers. What differs between speakers within a label is noise
that every new speaker brings, so it may count for more than a few training speakers show of it. A speaker who is
enrolled brings less of it, and the same classifier serves them too: it is fitted on summaries from which a part of what
tells the training speakers apart is taken already.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

# A number in a summary that differs less is the same for everybody and keeps its scale: noise must not be blown up.
LEAST_DEVIATION = 1e-3
# How far below all others the bias of a label is that no training clip has.
ABSENT_LABEL_MARGIN = -4.0
# Standardised numbers have a variance of 1. Where most are the same for everybody, the rest is not blown up for it.
LEAST_VARIANCE = 0.1


@dataclass(frozen=True)
class DiscriminantWindows:
    """Windows of the training side, a row each.

    ``summaries`` (N, S); ``truth`` (N,) in 0..K-1; ``speakers`` (N,); ``seconds`` (N,) of speech that no window before
    it held; ``weights`` (N,); ``clean`` (N,) those of undisturbed clips; ``neutral`` (N,) clean ones of neutral speech.
    """

    summaries: F32
    truth: NDArray[np.int64]
    speakers: NDArray[np.str_]
    seconds: F64
    weights: F64
    clean: NDArray[np.bool_]
    neutral: NDArray[np.bool_]

    def of(self, rows: NDArray[np.bool_]) -> "DiscriminantWindows":
        """Some of the windows."""
        return DiscriminantWindows(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})


@dataclass(frozen=True)
class NarrowDiscriminant:
    """For windows through a telephone's band: ``weight`` (S, K) and ``bias`` (K,) of summaries less ``shift`` (S,)."""

    weight: F32
    bias: F32
    shift: F32


@dataclass(frozen=True)
class Discriminant:
    """``weight`` (S, K), ``bias`` (K,); the training voices' mean summary of ``neutral`` and of all ``speech`` (S,).

    ``moods`` (K, S) has the mean summary of each label; of a label that nobody speaks that of all speech. ``narrow`` is
    there for recipes with ``narrow_band``.
    """

    weight: F32
    bias: F32
    neutral: F32
    speech: F32
    moods: F32
    narrow: NarrowDiscriminant | None = None


def fit_discriminant(
    windows: DiscriminantWindows,
    n_labels: int,
    *,
    shrinkage: float,
    between_speaker_weight: float,
    speaker_share: float = 1.0,
) -> Discriminant:
    """The discriminant of standardised summaries, with a column for each of ``n_labels``, absent ones too.

    The logits are those of normal distributions of one covariance, all labels as likely. The covariance is that within
    labels, plus ``between_speaker_weight`` (>= 0) times that of the speakers' means within labels (Hatch et al.
    2006), drawn by ``shrinkage`` in (0, 1] towards a multiple of the identity (Friedman 1989).

    ``speaker_share`` in [0, 1] is how much of each speaker's offset stays in the summaries: 1 fits the classifier to
    strangers, 0 to voices that are known well.
    """
    present, size = np.unique(windows.truth), windows.summaries.shape[1]
    neutral, speech = (_speaker_mean(windows.of(rows)) for rows in (windows.neutral, windows.clean))
    moods = _mood_means(windows.of(windows.clean), n_labels, speech)
    if speaker_share < 1:
        known = windows.summaries - (1 - speaker_share) * _speaker_offsets(windows, moods)
        windows = replace(windows, summaries=known.astype(np.float32))
    means, within, between = _spread(windows)
    covariance = (1 - shrinkage) * (within + between_speaker_weight * between)
    covariance += shrinkage * max(float(np.trace(within)) / size, LEAST_VARIANCE) * np.eye(size)
    # Scores relative to their mean over labels: that changes no probability and leaves no bias to nobody's label.
    middle = means.mean(axis=0)
    towards = np.linalg.solve(covariance, (means - middle).T)
    biases = -np.einsum("hs,sh->h", (means + middle) / 2, towards)
    weight, bias = (
        np.zeros((size, n_labels), np.float32),
        np.full(n_labels, ABSENT_LABEL_MARGIN + biases.min(), np.float32),
    )
    weight[:, present], bias[present] = towards, biases
    return Discriminant(weight, bias, neutral, speech, moods)


def mean_summary(windows: DiscriminantWindows) -> F32:
    """The mean (S,) over all windows, each by the speech in it that no window before it held."""
    mean: F32 = np.average(windows.summaries, axis=0, weights=windows.seconds).astype(np.float32)
    return mean


def _spread(windows: DiscriminantWindows) -> tuple[F64, F64, F64]:
    """The present labels' means (H, S) and, averaged over labels, covariances (S, S) within and between speakers."""
    present, size = np.unique(windows.truth), windows.summaries.shape[1]
    means, within, between = np.zeros((len(present), size)), np.zeros((size, size)), np.zeros((size, size))
    for i, label in enumerate(present):
        own = windows.of(windows.truth == label)
        share = own.weights / own.weights.sum()
        means[i] = share @ own.summaries
        around = (own.summaries - means[i]).astype(np.float32)
        within += (around * share[:, None].astype(np.float32)).T @ around / len(present)
        for speaker in np.unique(own.speakers):
            of_speaker = own.speakers == speaker
            apart = share[of_speaker] @ around[of_speaker]
            between += np.outer(apart, apart) / share[of_speaker].sum() / len(present)
    return means, within, between


def _mood_means(clean: DiscriminantWindows, n_labels: int, speech: F32) -> F32:
    """The mean summary of each label, (K, S), by the windows' weights."""
    moods = np.tile(speech, (n_labels, 1))
    for label in np.unique(clean.truth):
        own = clean.of(clean.truth == label)
        moods[label] = np.average(own.summaries, axis=0, weights=own.weights)
    return moods


def _speaker_offsets(windows: DiscriminantWindows, moods: F32) -> F32:
    """How each window's speaker differs from everybody, (N, S): the mean over moods of that mood's difference.

    It is learnt from clean windows; a speaker of whom there is none has no offset.
    """
    offsets = np.zeros_like(windows.summaries)
    for speaker in np.unique(windows.speakers):
        own = windows.speakers == speaker
        clean = windows.of(own & windows.clean)
        of_mood = [
            np.average(clean.summaries[clean.truth == label], axis=0, weights=clean.seconds[clean.truth == label])
            - moods[label]
            for label in np.unique(clean.truth)
        ]
        if of_mood:
            offsets[own] = np.mean(of_mood, axis=0)
    return offsets


def _speaker_mean(windows: DiscriminantWindows) -> F32:
    """The mean over speakers of the mean summary (S,) of their speech: one who says more counts no more."""
    means = []
    for speaker in np.unique(windows.speakers):
        own = windows.speakers == speaker
        means.append(np.average(windows.summaries[own], axis=0, weights=windows.seconds[own]))
    return np.mean(means, axis=0, dtype=np.float32) if means else np.zeros(windows.summaries.shape[1], np.float32)
