"""Scores against figures worked out by hand."""

import numpy as np
import pytest

from trainer.metrics import UNNAMED, confusion, recalls, uar

TRUTH = np.array([0, 0, 0, 0, 1, 1, 2])
NAMED = np.array([0, 0, 0, 1, 1, UNNAMED, 0])


def test_uar_is_the_mean_of_the_recalls_whatever_the_sizes() -> None:
    assert uar(TRUTH, NAMED) == pytest.approx((3 / 4 + 1 / 2 + 0) / 3)


def test_a_clip_without_a_verdict_counts_as_wrong() -> None:
    truth = np.array([0, 0, 1, 1])
    assert uar(truth, truth) == 1.0
    assert uar(truth, np.array([0, UNNAMED, 1, UNNAMED])) == 0.5
    assert uar(truth, np.full(4, UNNAMED)) == 0.0


def test_labels_that_nobody_spoke_do_not_count_in_uar() -> None:
    assert uar(np.array([2, 2]), np.array([2, 0])) == 0.5


def test_recalls_are_in_the_order_asked_for() -> None:
    assert recalls(TRUTH, NAMED, [2, 0, 1]).tolist() == [0.0, 0.75, 0.5]


def test_confusion_has_a_last_column_for_no_verdict() -> None:
    assert confusion(TRUTH, NAMED, 3).tolist() == [[3, 1, 0, 0], [0, 1, 0, 1], [1, 0, 0, 0]]
    assert confusion(TRUTH, NAMED, 3).sum() == len(TRUTH)
