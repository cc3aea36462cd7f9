"""Where to fall silent: the curves, what they cost, and whose they are."""

import json

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emostream.errors import ModelError, UsageError
from emostream.events import Certainty
from emostream.inference.probabilities import logarithmic_pool
from emostream.pipeline.reliability import (
    Curve,
    CurvePoint,
    Promise,
    Reliability,
    cost,
    decode_reliability,
    encode_reliability,
)
from tests.support.tiny_models import TINY_CARD, tiny_card


def curve(*points: tuple[float, float, float]) -> Curve:
    return Curve(points=tuple(CurvePoint(confidence=c, right=r, coverage=shown) for c, r, shown in points))


RELIABILITY = Reliability(
    models=(TINY_CARD.identity(),),
    weights=(1.25,),
    estimates=curve((0.3, 0.6, 1.0), (0.5, 0.7, 0.8), (0.7, 0.82, 0.5), (0.9, 0.78, 0.1)),
    utterances=curve((0.3, 0.65, 1.0), (0.6, 0.85, 0.6)),
    promises=(
        Promise(asked=0.6, right=0.62, coverage=1.0),
        Promise(asked=0.8, right=0.79, coverage=0.5),
        Promise(asked=0.9, right=0.76, coverage=0.1),
    ),
    unheard="corpora",
    protocol="two strangers",
)


@pytest.mark.parametrize(
    ("be_right", "confidence"), [(0.3, 0.3), (0.6, 0.3), (0.61, 0.5), (0.8, 0.7), (0.82, 0.7), (0.83, 0.7), (0.99, 0.7)]
)
def test_the_least_confidence_that_is_enough_or_the_best_there_is(be_right: float, confidence: float) -> None:
    assert RELIABILITY.estimates.threshold(be_right).confidence == confidence


points = st.lists(st.tuples(*[st.floats(0, 1)] * 3), min_size=1, max_size=20, unique_by=lambda point: point[0])


@given(points.map(sorted), st.floats(0, 1))
def test_no_lower_point_would_have_been_enough(given_points: list[tuple[float, float, float]], be_right: float) -> None:
    chosen = curve(*given_points).threshold(be_right)
    rights = [right for confidence, right, _ in given_points if confidence < chosen.confidence]
    if chosen.right >= be_right:
        assert all(right < be_right for right in rights)
    else:
        assert chosen.right == max(right for _, right, _ in given_points)


def test_what_is_said_is_what_came_of_it_elsewhere_and_not_on_the_curve_that_chose() -> None:
    certainty = RELIABILITY.certainty(0.8)
    assert certainty == Certainty(be_right=0.8, confidence=0.7, right=0.79, coverage=0.5, unheard="corpora")
    assert cost(certainty) == ("asked for 80% right: 79% were, on corpora never heard; a label for 50% of speech")
    between = RELIABILITY.certainty(0.85)
    assert (between.right, between.coverage) == (pytest.approx(0.775), pytest.approx(0.3))
    assert RELIABILITY.certainty(0.3).right == 0.62, "less than what was tried gives no less"


def test_more_than_any_fold_has_reached_is_refused_with_the_most_there_is() -> None:
    with pytest.raises(UsageError, match=r"^found 0\.95 for .*the most was 79%, when 80% was asked for: ask"):
        RELIABILITY.certainty(0.95)
    with pytest.raises(UsageError, match="reached: ask for less"):
        msgspec.structs.replace(RELIABILITY, promises=()).certainty(0.3)


def test_it_survives_its_file() -> None:
    data = encode_reliability(RELIABILITY)
    assert decode_reliability(data, "here") == RELIABILITY
    assert json.loads(data)["schema"] == 3


def changed(**changes: object) -> bytes:
    return json.dumps({**json.loads(encode_reliability(RELIABILITY)), **changes}).encode()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "cannot be used"),
        (b"[" * 100_000, "cannot be used"),
        (b"{}", "has schema null"),
        (changed(schema=7), "has schema 7, this emostream reads schema 3"),
        (changed(weights=[-1]), "$.weights[0]"),
        (changed(weights=[]), "expected a weight for each of 1 models"),
        (changed(weights=[0]), "one at least above 0"),
        (changed(models=[]), "$.models"),
        (changed(estimates={"points": []}), "$.estimates.points"),
        (changed(estimates={"points": [{"confidence": 2, "right": 1, "coverage": 1}]}), "$.estimates.points[0]"),
        (changed(estimates={"points": [{"confidence": 0.5, "right": 1, "coverage": 1}] * 2}), "sorted by confidence"),
        (changed(promises=[{"asked": 0.8, "right": 0.8, "coverage": 1}] * 2), "promises must be sorted"),
        (changed(more=1), "unknown field `more`"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(data: bytes, said: str) -> None:
    with pytest.raises(ModelError) as caught:
        decode_reliability(data, "here")
    line = str(caught.value)
    assert line.startswith("here ")
    assert said in line
    assert "evaluate the models again" in line
    assert "\n" not in line


def test_figures_of_other_models_are_refused() -> None:
    RELIABILITY.require_models([TINY_CARD.identity()], "here")
    other = tiny_card(name="other").identity()
    both = msgspec.structs.replace(RELIABILITY, models=(other, TINY_CARD.identity()), weights=(0.5, 2.0))
    assert both.weights_of([TINY_CARD.identity(), other]) == (2.0, 0.5)
    both.require_models([TINY_CARD.identity(), other], "here")
    for figures, models in ((RELIABILITY, [other]), (both, [other]), (RELIABILITY, [TINY_CARD.identity(), other])):
        with pytest.raises(ModelError, match=r"^here was measured with .*tiny/test") as caught:
            figures.require_models(models, "here")
        assert "other/test" in str(caught.value)
        assert "--reliability" in str(caught.value)


def test_a_weight_sharpens_or_evens_out_and_keeps_the_order() -> None:
    p = np.array([[[0.5, 0.3, 0.2], [1.0, 0.0, 0.0]]], np.float32)
    np.testing.assert_allclose(logarithmic_pool(p, (1.0,)), p[0], atol=1e-6)
    sharp, even = logarithmic_pool(p, (2.0,)), logarithmic_pool(p, (0.5,))
    np.testing.assert_allclose(sharp[0], np.array([0.25, 0.09, 0.04]) / 0.38, atol=1e-6)
    for changed_p in (sharp, even):
        assert changed_p.dtype == np.float32
        np.testing.assert_allclose(changed_p.sum(axis=1), 1, atol=1e-6)
        assert (changed_p[:, 0] == changed_p.max(axis=1)).all()
    assert even[0, 0] < p[0, 0, 0] < sharp[0, 0]


def test_models_are_believed_as_far_as_they_weigh() -> None:
    p = np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]], np.float32)
    np.testing.assert_allclose(logarithmic_pool(p, (1.0, 0.0)), p[0], atol=1e-6)
    np.testing.assert_allclose(logarithmic_pool(p, (0.0, 1.0)), p[1], atol=1e-6)
    product = np.array([0.05, 0.03, 0.16])
    np.testing.assert_allclose(logarithmic_pool(p, (1.0, 1.0)), product / product.sum(), atol=1e-6)
