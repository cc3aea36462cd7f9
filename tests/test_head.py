"""A head is fitted for speakers who enrolled and for those who did not, and never hears a clip in its own baseline."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score

from streamer.baseline import BaselineConfig, SpeakerBaseline
from tests.tiny_models import tiny_card
from trainer import head
from trainer.head import MOST_CLIPS, STRENGTHS, UNHEARD, Head, Spoken, fit_head
from trainer.metrics import uar

LABELS = 4
NEUTRAL = 2
SIZE = 12
MEANINGS = np.random.default_rng(42).normal(0, 0.7, (LABELS, SIZE))


def _said(n_speakers: int, clips: int, seed: int = 0, personal: float = 1.0) -> Spoken:
    """So many clips of each label by each speaker: what the label means, what the speaker is, and noise.

    Of each clip there is a clean window and a disturbed one.
    """
    rng = np.random.default_rng(seed)
    speaker, truth, _, disturbed = (
        axis.ravel() for axis in np.meshgrid(*map(np.arange, (n_speakers, LABELS, clips, 2)), indexing="ij")
    )
    voices = rng.normal(0, personal, (n_speakers, SIZE))
    summaries = MEANINGS[truth] + voices[speaker] + rng.normal(0, 0.5 + 0.5 * disturbed[:, None], (len(truth), SIZE))
    names = np.array([f"{seed}-{number}" for number in speaker])
    return Spoken(
        summaries=summaries.astype(np.float32),
        truth=truth,
        voices=names,
        speakers=names,
        clips=np.arange(len(truth)) // 2,
        seconds=np.full(len(truth), 3.0, np.float32),
        weights=np.ones(len(truth), np.float32),
        whole=disturbed == 0,
        neutral=(disturbed == 0) & (truth == NEUTRAL),
    )


def _chosen(spoken: Spoken, rows: np.ndarray) -> Spoken:
    """Some of the windows."""
    return Spoken(**{name: getattr(spoken, name)[rows] for name in spoken.__dataclass_fields__})


class _Fits(list[dict[str, Any]]):
    """What regressions were fitted on, in order: C, x, y and sample_weight."""

    @property
    def offsets(self) -> np.ndarray:
        """What the last one saw taken off."""
        x = self[-1]["x"]
        return x[: len(x) // 2] - x[len(x) // 2 :]


@pytest.fixture(scope="module")
def fits() -> Any:
    seen = _Fits()

    class Watched(LogisticRegression):
        def fit(self, x: np.ndarray, y: np.ndarray, sample_weight: np.ndarray) -> "Watched":
            seen.append({"C": self.C, "x": x, "y": y, "sample_weight": sample_weight})
            return super().fit(x, y, sample_weight=sample_weight)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(head, "LogisticRegression", Watched)
        yield seen


def _named(fitted: Head, summaries: np.ndarray, offset: np.ndarray | float = 0.0) -> np.ndarray:
    return ((summaries - offset) @ fitted.weight + fitted.bias).argmax(axis=1)


def test_the_numbers_are_as_many_as_summaries_and_labels() -> None:
    fitted = fit_head(_said(4, 2), LABELS)
    assert fitted.weight.shape == (SIZE, LABELS)
    assert fitted.bias.shape == (LABELS,)
    assert fitted.neutral.shape == fitted.speech.shape == (SIZE,)
    assert {getattr(fitted, name).dtype for name in fitted.__dataclass_fields__} == {np.dtype(np.float32)}


def test_the_same_windows_give_the_same_head() -> None:
    spoken = _said(4, 2)
    one, same, other = fit_head(spoken, LABELS), fit_head(spoken, LABELS), fit_head(spoken, LABELS, seed=1)
    assert np.array_equal(one.weight, same.weight)
    assert np.array_equal(one.bias, same.bias)
    assert not np.array_equal(one.weight, other.weight)


def test_a_stranger_who_enrolled_as_the_daemon_has_it_is_judged_better() -> None:
    fitted = fit_head(_said(12, 10), LABELS)
    card = tiny_card(neutral_summary=tuple(fitted.neutral.tolist()), speech_summary=tuple(fitted.speech.tolist()))
    config = BaselineConfig(drift=False, largest=100.0)
    strangers, named, named_enrolled = _said(12, 10, seed=1), [], []
    for voice in np.unique(strangers.voices):
        of_voice = strangers.voices == voice
        enrolment = SpeakerBaseline([card], config)
        for summary in strangers.summaries[of_voice & strangers.neutral]:
            enrolment.push([summary], 3.0)
        (offset,) = SpeakerBaseline([card], config, enrolment.profile("somebody")).offsets
        assert offset is not None
        named.append(_named(fitted, strangers.summaries[of_voice]))
        named_enrolled.append(_named(fitted, strangers.summaries[of_voice], offset))
    unknown = uar(strangers.truth, np.concatenate(named))
    enrolled = uar(strangers.truth, np.concatenate(named_enrolled))
    assert unknown > 0.4
    assert enrolled > unknown + 0.15


@settings(max_examples=40)
@given(data=st.data())
def test_a_baseline_is_of_a_few_other_neutral_clips_of_the_voice_as_far_as_they_are_trusted(
    fits: _Fits, data: st.DataObject
) -> None:
    n = data.draw(st.integers(6, 24), "clips")
    voices = np.array(data.draw(st.lists(st.sampled_from("abc"), min_size=n, max_size=n), "voices"))
    truth = np.array(data.draw(st.lists(st.integers(0, LABELS - 1), min_size=n, max_size=n), "labels"))
    truth[:2] = 0, 1  # so that there is something to tell apart
    seconds = data.draw(st.sampled_from([0.5, 3.0, 20.0]), "seconds")
    # Each clip's summary has a place of its own, so that an offset tells what it was made of.
    spoken = Spoken(
        summaries=np.eye(n, dtype=np.float32),
        truth=truth,
        voices=voices,
        speakers=voices,
        clips=np.arange(n),
        seconds=np.full(n, seconds, np.float32),
        weights=np.ones(n, np.float32),
        whole=np.ones(n, bool),
        neutral=truth == NEUTRAL,
    )
    fitted = fit_head(spoken, LABELS, seed=data.draw(st.integers(0, 99), "seed"))
    for row, offset in enumerate(fits.offsets):
        others = (voices == voices[row]) & spoken.neutral & (np.arange(n) != row)
        if not others.any():
            assert not offset.any()
            continue
        made_of = [
            (offset / (count * seconds / (count * seconds + 8)) + fitted.neutral) * count
            for count in range(1, min(MOST_CLIPS, others.sum()) + 1)
        ]
        taken = [of for count, of in enumerate(made_of, 1) if np.allclose(of, of > 0.5, atol=1e-4) and of.sum() > 0.5]
        assert taken
        assert not (taken[0] > 0.5)[~others].any()


def test_of_one_neutral_clip_its_own_windows_have_no_baseline_and_the_others_have_it(fits: _Fits) -> None:
    spoken = _said(3, 1)
    fitted = fit_head(spoken, LABELS)
    for row, offset in enumerate(fits.offsets):
        if spoken.truth[row] == NEUTRAL:
            assert not offset.any()
            continue
        (own,) = np.flatnonzero(spoken.neutral & (spoken.voices == spoken.voices[row]))
        assert np.allclose(offset, 3 / 11 * (spoken.summaries[own] - fitted.neutral), atol=1e-5)


def test_a_made_up_voice_has_a_baseline_of_its_own(fits: _Fits) -> None:
    spoken = _said(2, 2)
    made_up = spoken.clips % 2 == 1
    voices = np.array([f"{name}/{int(other)}" for name, other in zip(spoken.speakers, made_up, strict=True)])
    fit_head(replace(spoken, voices=voices), LABELS)
    # One neutral clip a voice: those of the speaker's other voice are not used.
    assert not fits.offsets[spoken.truth == NEUTRAL].any()
    assert fits.offsets[spoken.truth != NEUTRAL].any(axis=1).all()


def test_no_offset_is_further_than_the_daemon_lets_it_be(fits: _Fits) -> None:
    fit_head(_said(6, 8, personal=20.0), LABELS)
    assert np.abs(fits.offsets).max() == pytest.approx(BaselineConfig().largest, abs=1e-4)


def test_without_neutral_speech_nothing_is_taken_off(fits: _Fits) -> None:
    spoken = _said(4, 2)
    fitted = fit_head(replace(spoken, neutral=np.zeros_like(spoken.neutral)), LABELS)
    assert not fits.offsets.any()
    assert not fitted.neutral.any()
    assert fitted.speech.any()


def test_who_says_more_counts_no_more_in_the_usual_summaries() -> None:
    spoken = _said(3, 4)
    rows = np.flatnonzero((spoken.voices != "0-0") | (spoken.clips % 4 == 0))
    fitted = fit_head(_chosen(spoken, rows), LABELS)
    for found, among in ((fitted.neutral, spoken.neutral), (fitted.speech, spoken.whole)):
        means = []
        for voice in ("0-0", "0-1", "0-2"):
            of_voice = among & (spoken.voices == voice) & np.isin(np.arange(len(among)), rows)
            means.append(spoken.summaries[of_voice].mean(axis=0))
        assert np.allclose(found, np.mean(means, axis=0), atol=1e-5)


def test_every_window_is_learnt_with_and_without_a_baseline_at_its_weight(fits: _Fits) -> None:
    spoken = _said(4, 3)
    weights = np.random.default_rng(0).uniform(0, 2, len(spoken.truth)).astype(np.float32)
    fit_head(replace(spoken, weights=weights), LABELS)
    last = fits[-1]
    assert np.array_equal(last["x"][: len(weights)], spoken.summaries)
    assert np.array_equal(last["y"], np.tile(spoken.truth, 2))
    assert np.array_equal(last["sample_weight"], np.tile(weights, 2))


def test_the_strength_is_chosen_by_speakers_left_out_on_undisturbed_windows(fits: _Fits) -> None:
    spoken = _said(6, 3, seed=4, personal=1.5)
    fits.clear()
    fit_head(spoken, LABELS)
    *trials, last = fits
    clean = spoken.summaries[spoken.whole]
    speaker_of = {row.tobytes(): str(name) for row, name in zip(clean, spoken.speakers[spoken.whole], strict=True)}
    heard = [{speaker_of[row.tobytes()] for row in trial["x"]} for trial in trials]  # no disturbed one is among them
    assert len(trials) == 4 * len(STRENGTHS)
    assert all(0 < len(speakers) < 6 for speakers in heard)

    truth, groups = spoken.truth[spoken.whole], spoken.speakers[spoken.whole]
    scores = [
        cross_val_score(
            LogisticRegression(C=strength, max_iter=400),
            clean,
            truth,
            groups=groups,
            cv=GroupKFold(4),
            scoring="balanced_accuracy",
        ).mean()
        for strength in STRENGTHS
    ]
    best = STRENGTHS[int(np.argmax(scores))]
    assert len(set(scores)) > 1
    # As strongly held back as in the trials, for all the windows that it sees.
    assert last["C"] * len(last["x"]) == pytest.approx(best * len(clean))


def test_one_speaker_is_enough() -> None:
    spoken = _said(1, 6)
    fitted = fit_head(spoken, LABELS)
    assert uar(spoken.truth, _named(fitted, spoken.summaries)) > 0.7


def test_of_two_labels_the_scores_differ_as_the_regression_says(fits: _Fits) -> None:
    spoken = _said(4, 6)
    spoken = _chosen(spoken, np.flatnonzero(spoken.truth < 2))
    fitted = fit_head(spoken, 2)
    assert fitted.weight.shape == (SIZE, 2)
    last = fits[-1]
    regression = LogisticRegression(C=last["C"], max_iter=400).fit(last["x"], last["y"], last["sample_weight"])
    logits = spoken.summaries @ fitted.weight + fitted.bias
    assert np.allclose(logits[:, 1] - logits[:, 0], regression.decision_function(spoken.summaries), atol=1e-4)


@pytest.mark.parametrize("heard", [(0, 2, 3), (1, 3), (3,)])
def test_a_label_that_nobody_speaks_is_there_and_unlikely(heard: tuple[int, ...]) -> None:
    spoken = _said(4, 4)
    spoken = _chosen(spoken, np.flatnonzero(np.isin(spoken.truth, heard)))
    fitted = fit_head(spoken, LABELS)
    unheard = [label for label in range(LABELS) if label not in heard]
    assert fitted.weight.shape == (SIZE, LABELS)
    assert not fitted.weight[:, unheard].any()
    assert (fitted.bias[unheard] == UNHEARD).all()
    assert set(_named(fitted, spoken.summaries).tolist()) == set(heard)


def test_speakers_of_one_label_each_are_no_trouble() -> None:
    spoken = _said(4, 4)
    rows = np.flatnonzero(spoken.truth == np.array([int(name[-1]) for name in spoken.speakers]))
    fitted = fit_head(_chosen(spoken, rows), LABELS)
    assert np.isfinite(fitted.weight).all()
    assert uar(spoken.truth[rows], _named(fitted, spoken.summaries[rows])) > 0.8
