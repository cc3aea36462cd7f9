"""Scores against figures worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emostream_trainer.metrics import (
    NO_LABEL,
    brier,
    calibration_error,
    confusion,
    equal_mass_bins,
    equal_width_bins,
    interval,
    nll,
    recalls,
    risk_coverage,
    speaker_bootstrap,
    uar,
)

TRUTH = np.array([0, 0, 0, 0, 1, 1, 2])
NAMED = np.array([0, 0, 0, 1, 1, NO_LABEL, 0])


def test_uar_is_the_mean_of_the_recalls_whatever_the_sizes() -> None:
    assert uar(TRUTH, NAMED) == pytest.approx((3 / 4 + 1 / 2 + 0) / 3)


def test_a_clip_without_a_verdict_counts_as_wrong() -> None:
    truth = np.array([0, 0, 1, 1])
    assert uar(truth, truth) == 1.0
    assert uar(truth, np.array([0, NO_LABEL, 1, NO_LABEL])) == 0.5
    assert uar(truth, np.full(4, NO_LABEL)) == 0.0


def test_labels_that_nobody_spoke_do_not_count_in_uar() -> None:
    assert uar(np.array([2, 2]), np.array([2, 0])) == 0.5


def test_recalls_are_in_the_order_asked_for() -> None:
    assert recalls(TRUTH, NAMED, [2, 0, 1]).tolist() == [0.0, 0.75, 0.5]


def test_confusion_has_a_last_column_for_no_verdict() -> None:
    assert confusion(TRUTH, NAMED, 3).tolist() == [[3, 1, 0, 0], [0, 1, 0, 1], [1, 0, 0, 0]]
    assert confusion(TRUTH, NAMED, 3).sum() == len(TRUTH)


def test_bootstrap_draws_speakers_with_all_of_their_clips() -> None:
    # One speaker is always right, the other never: a draw is the share of the first among the two drawn.
    draws = speaker_bootstrap(np.array([0, 1, 0, 1]), np.array([0, 1, 1, 0]), ["a", "a", "b", "b"])
    assert draws.shape == (2000,)
    values, counts = np.unique(draws, return_counts=True)
    assert values.tolist() == [0.0, 0.5, 1.0]
    assert counts / 2000 == pytest.approx([0.25, 0.5, 0.25], abs=0.04)
    assert interval(draws) == (0.0, 1.0)


def test_a_label_that_no_drawn_speaker_spoke_does_not_count() -> None:
    # Whoever draws `a` twice has one label, all right; `b` twice one label, all wrong; both is half.
    draws = speaker_bootstrap(np.array([0, 1]), np.array([0, 0]), ["a", "b"])
    assert set(draws.tolist()) == {0.0, 0.5, 1.0}


def test_bootstrap_of_one_speaker_and_the_same_seed_is_always_the_same() -> None:
    alone = speaker_bootstrap(TRUTH, NAMED, ["a"] * 7)
    assert interval(alone) == pytest.approx((uar(TRUTH, NAMED),) * 2)
    speakers = ["a", "b", "c", "a", "b", "c", "a"]
    first, again, other = (speaker_bootstrap(TRUTH, NAMED, speakers, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_interval_is_that_of_the_percentiles() -> None:
    assert interval(np.arange(1001.0)) == pytest.approx((25.0, 975.0))


CONFIDENCE = np.array([0.05, 0.55, 0.65, 0.95, 0.97])
RIGHT = np.array([False, True, False, True, True])


def test_calibration_error_with_bins_of_equal_width() -> None:
    bins = equal_width_bins(CONFIDENCE, RIGHT, bins=2)
    assert [(each.count, each.right) for each in bins] == [(1, 0.0), (4, 0.75)]
    assert [each.confidence for each in bins] == pytest.approx([0.05, 0.78])
    # 1/5 of |0 - .05| and 4/5 of |.75 - .78|.
    assert calibration_error(bins) == pytest.approx(0.01 + 0.024)


def test_a_confidence_on_the_edge_belongs_to_the_bin_below() -> None:
    edges = equal_width_bins(np.array([0.0, 0.5, 0.51, 1.0]), np.ones(4, bool), bins=2)
    assert [each.count for each in edges] == [2, 2]


def test_calibration_error_with_bins_of_equal_size() -> None:
    bins = equal_mass_bins(CONFIDENCE, RIGHT, bins=2)
    assert [each.count for each in bins] == [3, 2]
    assert [each.confidence for each in bins] == pytest.approx([1.25 / 3, 0.96])
    assert calibration_error(bins) == pytest.approx(3 / 5 * (1.25 / 3 - 1 / 3) + 2 / 5 * 0.04)
    assert len(equal_mass_bins(CONFIDENCE, RIGHT)) == 5


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_bins_lose_nobody_and_errors_stay_in_range(items: list[tuple[float, bool]]) -> None:
    confidence, right = np.array([c for c, _ in items]), np.array([r for _, r in items])
    for bins in (equal_width_bins(confidence, right), equal_mass_bins(confidence, right)):
        assert sum(each.count for each in bins) == len(items)
        assert 0 <= calibration_error(bins) <= 1


def test_brier_and_likelihood() -> None:
    truth, p = np.array([0, 1]), np.array([[0.7, 0.2, 0.1], [0.25, 0.5, 0.25]])
    assert brier(truth, p) == pytest.approx(((0.09 + 0.04 + 0.01) + (0.0625 + 0.25 + 0.0625)) / 2)
    assert nll(truth, p) == pytest.approx(-(np.log(0.7) + np.log(0.5)) / 2)


def test_probabilities_that_miss_one_in_the_fourth_place_are_taken() -> None:
    assert nll(np.array([1]), np.array([[0.3333, 0.3333, 0.3333]])) == pytest.approx(np.log(3))


def test_risk_at_every_coverage() -> None:
    curve = risk_coverage(np.array([0.9, 0.6, 0.8, 0.7]), np.array([True, False, True, False]))
    assert curve.threshold.tolist() == [0.9, 0.8, 0.7, 0.6]
    assert curve.coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert curve.risk.tolist() == pytest.approx([0, 0, 1 / 3, 1 / 2])
    assert curve.area == pytest.approx((0 + 0 + 1 / 3 + 1 / 2) / 4)


def test_equal_scores_are_named_together() -> None:
    curve = risk_coverage(np.array([0.5, 0.5, 0.4]), np.array([True, False, False]))
    assert curve.coverage.tolist() == pytest.approx([2 / 3, 1])
    assert curve.risk.tolist() == pytest.approx([1 / 2, 2 / 3])
    assert curve.area == pytest.approx(2 / 3 * 1 / 2 + 1 / 3 * 2 / 3)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=40), st.randoms())
def test_risk_does_not_hang_on_the_order_of_clips(items: list[tuple[int, bool]], random: object) -> None:
    shuffled = list(items)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    ours, theirs = (
        risk_coverage(np.array([float(s) for s, _ in of]), np.array([r for _, r in of])) for of in (items, shuffled)
    )
    assert ours.risk.tolist() == theirs.risk.tolist()
    assert ours.coverage[-1] == 1.0
    assert ours.risk[-1] == pytest.approx(np.mean([not right for _, right in items]))
    assert 0 <= ours.area <= 1
