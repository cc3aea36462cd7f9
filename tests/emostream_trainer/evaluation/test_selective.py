"""Thresholds: chosen on some folds, judged on another, counted by hand."""

import numpy as np
import pytest

from emostream.pipeline.smoothing import SmoothingConfig
from emostream_trainer.evaluation.selective import (
    THRESHOLDS,
    Point,
    Tally,
    curve,
    estimates_tally,
    target_result,
    threshold_for,
    utterances_tally,
)
from tests.support.clip_logs import clip_log

AT = {float(threshold): i for i, threshold in enumerate(THRESHOLDS)}


def test_utterances_are_named_from_the_threshold_on() -> None:
    one = clip_log([[0.5, 0.5]], utterance_p=[[0.8, 0.2], [0.39, 0.61], [0.0, 0.0]], spoken_ms=[(0, 1), (1, 2), (2, 3)])
    tally = utterances_tally([one, clip_log([[0.3, 0.7]], utterance_p=[], spoken_ms=[])], np.array([0, 1]))
    assert tally.possible.tolist() == [3, 0]
    assert tally.predicted[:, AT[0.6]].tolist() == [2, 0]
    assert tally.right[:, AT[0.6]].tolist() == [1, 0]
    assert tally.predicted[:, AT[0.62]].tolist() == [1, 0]
    assert tally.right[:, AT[0.62]].tolist() == [1, 0]


def test_live_labels_count_by_the_time_they_are_shown() -> None:
    log = clip_log([[0.9, 0.1], [0.9, 0.1], [0.2, 0.8]], speaking=[True, True, True])
    config = SmoothingConfig()
    tally = estimates_tally([log, log], np.array([0, 1]), config, "")
    assert tally.possible.tolist() == [1000, 1000]
    assert tally.predicted[:, AT[0.8]].tolist() == [1000, 1000]
    assert tally.right[:, AT[0.8]].tolist() == [750, 250]
    assert tally.predicted[:, AT[0.88]].tolist() == [750, 750]
    assert tally.right[:, AT[0.88]].tolist() == [750, 0]


def _tally(predicted: list[tuple[int, int]], right: list[tuple[int, int]]) -> Tally:
    """Clips with one thing to name: at a low threshold (0.5) and at a high one (0.8)."""
    wide = np.zeros((2, len(predicted), len(THRESHOLDS)))
    low, high = THRESHOLDS <= 0.5, (THRESHOLDS > 0.5) & (THRESHOLDS <= 0.8)
    for place, values in enumerate((predicted, right)):
        for clip, (at_low, at_high) in enumerate(values):
            wide[place, clip, low], wide[place, clip, high] = at_low, at_high
    return Tally(np.ones(len(predicted)), wide[0], wide[1])


def test_a_curve_has_share_right_and_coverage() -> None:
    points = curve(_tally([(1, 1)] * 30 + [(1, 0)] * 10, [(1, 1)] * 27 + [(0, 0)] * 3 + [(0, 0)] * 10))
    by_threshold = {point.confidence: point for point in points}
    assert by_threshold[0.5] == Point(0.5, 27 / 40, 1.0)
    assert by_threshold[0.8] == Point(0.8, 0.9, 0.75)
    assert max(by_threshold) == 0.8


def test_too_few_clips_make_no_point() -> None:
    points = curve(_tally([(1, 1)] * 19 + [(1, 0)] * 10, [(1, 1)] * 29))
    assert max(point.confidence for point in points) == 0.5


def test_the_lowest_threshold_that_keeps_the_promise() -> None:
    points = [Point(0.4, 0.5, 1.0), Point(0.5, 0.7, 0.8), Point(0.6, 0.8, 0.4)]
    assert threshold_for(points, 0.7) == 0.5
    assert threshold_for(points, 0.71) == 0.6
    assert threshold_for(points, 0.9) is None


def test_each_fold_is_judged_by_what_the_others_choose() -> None:
    # Fold 0 is right always; fold 1 in half of its clips, above the high threshold never.
    tally = _tally([(1, 1)] * 40 + [(1, 1)] * 20, [(1, 1)] * 40 + [(1, 0)] * 10 + [(0, 0)] * 10)
    fold = np.array([0] * 40 + [1] * 20)
    corpora = np.array(["one"] * 40 + ["two"] * 20)
    found = target_result(tally, fold, corpora, 0.6)
    # Fold 1's half is no 60 %: nothing is named in fold 0. Fold 0 promises all, and fold 1 keeps half of it.
    assert found.thresholds == (None, float(THRESHOLDS[0]))
    assert found.right == pytest.approx(0.5)
    assert found.coverage == pytest.approx(20 / 60)
    assert found.right_by_corpus == {"two": 0.5}


def test_a_promise_that_nobody_can_keep_names_nothing() -> None:
    tally = _tally([(1, 1)] * 40, [(0, 0)] * 40)
    found = target_result(tally, np.array([0, 1] * 20), np.array(["one"] * 40), 0.6)
    assert (found.thresholds, found.right, found.coverage) == ((None, None), None, 0.0)
