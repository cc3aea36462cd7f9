"""Quantiles in bounded memory."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emostream.voice.histogram import Histogram

values = st.lists(st.floats(0, 9.9), min_size=1, max_size=200).map(np.array)


@given(values=values, share=st.sampled_from([0.1, 0.5, 0.9]))
def test_quantiles_are_right_to_a_bin(values: np.ndarray, share: float) -> None:
    histogram = Histogram(0, 10, 0.1)
    histogram.add(values)
    lower, higher = np.quantile(values, share, method="inverted_cdf"), np.quantile(values, share, method="higher")
    assert min(lower, higher) - 0.1001 <= histogram.quantile(share) <= max(lower, higher) + 0.1001


@given(values=values, cut=st.integers(0, 200))
def test_values_may_come_in_pieces_and_from_another_histogram(values: np.ndarray, cut: int) -> None:
    whole, pieces, other = (Histogram(0, 10, 0.1) for _ in range(3))
    whole.add(values)
    pieces.add(values[:cut])
    other.add(values[cut:])
    pieces.merge(other)
    assert np.array_equal(whole.counts, pieces.counts)
    assert whole.total == len(values)


def test_what_lies_outside_counts_in_the_outermost_bins() -> None:
    histogram = Histogram(0, 10, 1)
    histogram.add(np.array([-5.0, 50.0, np.inf, -np.inf]))
    assert histogram.counts.tolist() == [2, *[0] * 8, 2]


def test_what_decayed_weighs_less() -> None:
    histogram = Histogram(0, 10, 1)
    histogram.add(np.full(10, 2.5))
    histogram.decay(0.1)
    histogram.add(np.full(2, 7.5))
    assert histogram.quantile(0.5) == pytest.approx(7.25)
    assert histogram.total == pytest.approx(3)
