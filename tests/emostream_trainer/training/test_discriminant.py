"""A head is made of normal distributions, expects strangers to differ, and serves those who enrolled too."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from emostream.inference.probabilities import softmax
from emostream.inference.speaker import AdaptationConfig, SpeakerAdaptation
from emostream_trainer.metrics import uar
from emostream_trainer.training.discriminant import (
    ABSENT_LABEL_MARGIN,
    Discriminant,
    DiscriminantWindows,
    fit_discriminant,
)
from tests.support.tiny_models import tiny_card

LABELS = 4
NEUTRAL = 2
EVEN = np.full(LABELS, 1 / LABELS, np.float32)
SIZE = 12
MEANINGS = np.random.default_rng(42).normal(0, 0.7, (LABELS, SIZE))


def _said(n_speakers: int, clips: int, seed: int = 0, personal: float = 1.0) -> DiscriminantWindows:
    """So many clips of each label by each speaker: what the label means, what the speaker is, and noise.

    Of each clip there is a clean window and a disturbed one.
    """
    rng = np.random.default_rng(seed)
    speaker, truth, _, disturbed = (
        axis.ravel() for axis in np.meshgrid(*map(np.arange, (n_speakers, LABELS, clips, 2)), indexing="ij")
    )
    voices = rng.normal(0, personal, (n_speakers, SIZE))
    summaries = MEANINGS[truth] + voices[speaker] + rng.normal(0, 0.5 + 0.5 * disturbed[:, None], (len(truth), SIZE))
    return DiscriminantWindows(
        summaries=summaries.astype(np.float32),
        truth=truth,
        speakers=np.array([f"{seed}-{number}" for number in speaker]),
        seconds=np.full(len(truth), 3.0),
        weights=np.ones(len(truth)),
        clean=disturbed == 0,
        neutral=(disturbed == 0) & (truth == NEUTRAL),
    )


def _fit(
    spoken: DiscriminantWindows, n_labels: int = LABELS, shrinkage: float = 0.1, between_speaker_weight: float = 0.0
) -> Discriminant:
    return fit_discriminant(spoken, n_labels, shrinkage=shrinkage, between_speaker_weight=between_speaker_weight)


def _logits(fitted: Discriminant, summaries: np.ndarray, offset: np.ndarray | float = 0.0) -> np.ndarray:
    return (summaries - offset) @ fitted.weight + fitted.bias


def _named(fitted: Discriminant, summaries: np.ndarray, offset: np.ndarray | float = 0.0) -> np.ndarray:
    return _logits(fitted, summaries, offset).argmax(axis=1)


def test_the_numbers_are_as_many_as_summaries_and_labels() -> None:
    fitted = _fit(_said(4, 2))
    assert fitted.weight.shape == (SIZE, LABELS)
    assert fitted.bias.shape == (LABELS,)
    assert fitted.neutral.shape == fitted.speech.shape == (SIZE,)
    numbers = (fitted.weight, fitted.bias, fitted.neutral, fitted.speech, fitted.moods)
    assert {each.dtype for each in numbers} == {np.dtype(np.float32)}
    assert fitted.narrow is None


@pytest.mark.parametrize("shrinkage", [0.01, 0.1, 1.0])
def test_it_is_linear_discriminant_analysis_with_shrinkage(shrinkage: float) -> None:
    spoken = _said(5, 6)
    fitted = _fit(spoken, shrinkage=shrinkage)
    reference = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage, priors=np.full(LABELS, 1 / LABELS))
    reference.fit(spoken.summaries, spoken.truth)
    assert np.allclose(softmax(_logits(fitted, spoken.summaries)), reference.predict_proba(spoken.summaries), atol=1e-3)


@given(seed=st.integers(0, 99), between_speaker_weight=st.sampled_from([0.0, 2.0]))
def test_a_weight_of_two_is_the_window_twice(seed: int, between_speaker_weight: float) -> None:
    spoken = _said(3, 2, seed)
    times = np.random.default_rng(seed).integers(1, 3, len(spoken.truth))
    weighed = _fit(replace(spoken, weights=times * 0.5), between_speaker_weight=between_speaker_weight)
    repeated = _fit(spoken.of(np.arange(len(times)).repeat(times)), between_speaker_weight=between_speaker_weight)
    assert np.allclose(weighed.weight, repeated.weight, rtol=1e-3, atol=1e-4)
    assert np.allclose(weighed.bias, repeated.bias, rtol=1e-3, atol=1e-4)


def test_what_tells_speakers_apart_is_believed_less_the_stranger_they_are() -> None:
    # Two numbers mean the same; one of them also tells who speaks.
    rng = np.random.default_rng(0)
    truth, speaker = np.tile([0, 1], 200), np.arange(400) // 40
    meaning = 2.0 * truth[:, None] + rng.normal(0, 1, (400, 2))
    meaning[:, 1] += rng.normal(0, 1, 10)[speaker]
    spoken = DiscriminantWindows(
        summaries=meaning.astype(np.float32),
        truth=truth,
        speakers=speaker.astype(str),
        seconds=np.ones(400),
        weights=np.ones(400),
        clean=np.ones(400, bool),
        neutral=truth == 0,
    )
    shares = []
    for between_speaker_weight in (0.0, 1.0, 4.0):
        weight = _fit(spoken, 2, between_speaker_weight=between_speaker_weight).weight
        shares.append(abs(weight[1, 1]) / abs(weight[0, 1]))
    assert shares[0] > shares[1] > shares[2]
    assert shares[2] < 0.8 * shares[0]


@pytest.mark.parametrize("between_speaker_weight", [0.0, 2.0])
def test_a_stranger_who_enrolled_as_the_daemon_has_it_is_judged_better(between_speaker_weight: float) -> None:
    fitted = _fit(_said(12, 10), between_speaker_weight=between_speaker_weight)
    card = tiny_card(neutral_summary=tuple(fitted.neutral.tolist()), speech_summary=tuple(fitted.speech.tolist()))
    config = AdaptationConfig(drift=False, largest=100.0)
    strangers, named, named_enrolled = _said(12, 10, seed=1), [], []
    for speaker in np.unique(strangers.speakers):
        own = strangers.speakers == speaker
        enrolment = SpeakerAdaptation([card], config)
        for summary in strangers.summaries[own & strangers.neutral]:
            enrolment.push([summary], EVEN, 3.0)
        (offset,) = SpeakerAdaptation([card], config, enrolment.profile("somebody")).offsets
        assert offset is not None
        named.append(_named(fitted, strangers.summaries[own]))
        named_enrolled.append(_named(fitted, strangers.summaries[own], offset))
    unknown = uar(strangers.truth, np.concatenate(named))
    enrolled = uar(strangers.truth, np.concatenate(named_enrolled))
    assert unknown > 0.4
    assert enrolled > unknown + 0.15


def test_who_says_more_counts_no_more_in_the_usual_summaries() -> None:
    spoken = _said(3, 4)
    rows = (spoken.speakers != "0-0") | (np.arange(len(spoken.truth)) % 8 < 2)
    fitted = _fit(spoken.of(rows))
    for found, among in ((fitted.neutral, spoken.neutral), (fitted.speech, spoken.clean)):
        means = [
            spoken.summaries[rows & among & (spoken.speakers == speaker)].mean(axis=0)
            for speaker in ("0-0", "0-1", "0-2")
        ]
        assert np.allclose(found, np.mean(means, axis=0), atol=1e-5)


def test_the_usual_summaries_weigh_windows_by_what_is_new_in_them() -> None:
    spoken = _said(1, 3)
    seconds = np.where(np.arange(len(spoken.truth)) % 4 == 0, 1.0, 1e-9)
    fitted = _fit(replace(spoken, seconds=seconds))
    heard = spoken.clean & (seconds == 1)
    assert np.allclose(fitted.speech, spoken.summaries[heard].mean(axis=0), atol=1e-5)


def test_without_neutral_speech_there_is_no_usual_neutral() -> None:
    spoken = _said(4, 2)
    fitted = _fit(replace(spoken, neutral=np.zeros_like(spoken.neutral)))
    assert not fitted.neutral.any()
    assert fitted.speech.any()


def test_one_speaker_is_enough() -> None:
    spoken = _said(1, 6)
    assert uar(spoken.truth, _named(_fit(spoken), spoken.summaries)) > 0.7


def test_windows_that_are_all_alike_name_nothing_and_break_nothing() -> None:
    spoken = _said(2, 2)
    fitted = _fit(replace(spoken, summaries=np.ones_like(spoken.summaries)), between_speaker_weight=1.0)
    assert np.allclose(_logits(fitted, spoken.summaries), 0, atol=1e-4)


@pytest.mark.parametrize("heard", [(0, 1), (0, 2, 3), (1, 3), (3,)])
def test_a_label_that_nobody_speaks_is_there_and_never_named(heard: tuple[int, ...]) -> None:
    spoken = _said(4, 4)
    spoken = spoken.of(np.isin(spoken.truth, heard))
    fitted = _fit(spoken)
    unheard = [label for label in range(LABELS) if label not in heard]
    assert fitted.weight.shape == (SIZE, LABELS)
    # Wherever somebody may stand, and however far out.
    anywhere = np.random.default_rng(0).normal(0, 30, (500, SIZE)).astype(np.float32)
    for summaries in (spoken.summaries, anywhere):
        logits = _logits(fitted, summaries)
        below = logits[:, list(heard)].max(axis=1, keepdims=True) - logits[:, unheard]
        assert below.min() >= -ABSENT_LABEL_MARGIN - 1e-2


def test_speakers_of_one_label_each_are_no_trouble() -> None:
    spoken = _said(4, 4)
    rows = spoken.truth == np.array([int(name[-1]) for name in spoken.speakers])
    fitted = _fit(spoken.of(rows), between_speaker_weight=1.0)
    assert np.isfinite(fitted.weight).all()
    assert uar(spoken.truth[rows], _named(fitted, spoken.summaries[rows])) > 0.8
