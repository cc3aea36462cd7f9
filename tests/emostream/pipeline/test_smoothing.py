"""Half-life, hysteresis and abstention of the shown label."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emostream.features.arrays import Probabilities
from emostream.pipeline.smoothing import Smoother, SmoothingConfig

AT_ONCE = SmoothingConfig(half_life_ms=0)


def p(*values: float) -> Probabilities:
    return np.array(values, np.float32)


@st.composite
def configs(draw: st.DrawFn) -> SmoothingConfig:
    on_threshold = draw(st.floats(0, 1))
    return SmoothingConfig(
        half_life_ms=draw(st.sampled_from([0.0, 100.0, 500.0, 5_000.0])),
        on_threshold=on_threshold,
        off_threshold=draw(st.floats(0, on_threshold)),
        switch_margin=draw(st.floats(0, 0.5)),
    )


vectors = st.lists(st.floats(0.01, 1), min_size=4, max_size=4).map(lambda v: (np.array(v) / sum(v)).astype(np.float32))
steps = st.lists(st.tuples(vectors, st.sampled_from([0.0, 10.0, 250.0, 1_000.0, 1e7])), min_size=1, max_size=30)


def test_the_first_probabilities_count_in_full() -> None:
    smoothed, _ = Smoother(SmoothingConfig()).push(p(0.1, 0.9), 250)
    np.testing.assert_array_equal(smoothed, p(0.1, 0.9))


@pytest.mark.parametrize(
    ("elapsed_ms", "old_weight"), [(0, 1), (250, 0.70711), (500, 0.5), (1_000, 0.25), (5_000, 1 / 1024)]
)
def test_the_old_weighs_half_after_a_half_life(elapsed_ms: float, old_weight: float) -> None:
    smoother = Smoother(SmoothingConfig(half_life_ms=500))
    smoother.push(p(1, 0), 250)
    smoothed, _ = smoother.push(p(0, 1), elapsed_ms)
    assert smoothed == pytest.approx([old_weight, 1 - old_weight], abs=1e-5)


def test_two_short_steps_forget_as_much_as_one_long_one() -> None:
    one, two = Smoother(SmoothingConfig()), Smoother(SmoothingConfig())
    for smoother in (one, two):
        smoother.push(p(1, 0), 250)
    long_step, _ = one.push(p(0, 1), 500)
    two.push(p(0, 1), 250)
    short_steps, _ = two.push(p(0, 1), 250)
    np.testing.assert_allclose(long_step, short_steps, atol=1e-6)


def test_without_a_half_life_there_is_no_memory() -> None:
    smoother = Smoother(AT_ONCE)
    smoother.push(p(1, 0), 250)
    np.testing.assert_array_equal(smoother.push(p(0.3, 0.7), 250)[0], p(0.3, 0.7))


@pytest.mark.parametrize(
    ("sequence", "named"),
    [
        ([p(0.44, 0.30, 0.26)], [None]),
        ([p(0.46, 0.30, 0.24)], [0]),
        # Kept down to 0.40, and let go below.
        ([p(0.50, 0.30, 0.20), p(0.41, 0.36, 0.23), p(0.39, 0.37, 0.24)], [0, 0, None]),
        # Not named again before 0.45.
        ([p(0.50, 0.30, 0.20), p(0.39, 0.37, 0.24), p(0.44, 0.36, 0.20), p(0.46, 0.30, 0.24)], [0, None, None, 0]),
        # Another label must lead by 0.05.
        ([p(0.50, 0.40, 0.10), p(0.45, 0.49, 0.06), p(0.44, 0.50, 0.06)], [0, 0, 1]),
        # Below off_threshold switch_margin does not matter.
        ([p(0.50, 0.40, 0.10), p(0.39, 0.46, 0.15)], [0, 1]),
    ],
    ids=["too even", "named", "kept, then let go", "not named again early", "switch_margin", "taken over"],
)
def test_a_label_is_named_kept_and_replaced_at_the_thresholds(
    sequence: list[Probabilities], named: list[int | None]
) -> None:
    smoother = Smoother(AT_ONCE)
    assert [smoother.push(vector, 250)[1] for vector in sequence] == named


@given(config=configs(), sequence=steps)
def test_what_is_named_keeps_the_rules(config: SmoothingConfig, sequence: list[tuple[Probabilities, float]]) -> None:
    smoother, before = Smoother(config), None
    for vector, elapsed_ms in sequence:
        smoothed, named = smoother.push(vector, elapsed_ms)
        best = int(smoothed.argmax())
        if named is None:
            assert smoothed[best] < config.on_threshold
        elif named == before:
            assert smoothed[named] >= config.off_threshold
        else:
            assert named == best
            assert smoothed[named] >= config.on_threshold
            if before is not None:
                assert (
                    smoothed[before] < config.off_threshold
                    or smoothed[named] >= smoothed[before] + config.switch_margin
                )
        before = named


@given(config=configs(), sequence=steps)
def test_smoothed_values_stay_probabilities_within_what_was_heard(
    config: SmoothingConfig, sequence: list[tuple[Probabilities, float]]
) -> None:
    smoother = Smoother(config)
    vectors_so_far = []
    for vector, elapsed_ms in sequence:
        vectors_so_far.append(vector)
        smoothed, _ = smoother.push(vector, elapsed_ms)
        assert smoothed.dtype == np.float32
        assert smoothed.sum() == pytest.approx(1, abs=1e-4)
        assert (smoothed >= np.min(vectors_so_far, axis=0) - 1e-5).all()
        assert (smoothed <= np.max(vectors_so_far, axis=0) + 1e-5).all()


@given(sequence=steps)
def test_after_reset_it_equals_a_new_one_and_inputs_are_left_alone(sequence: list[tuple[Probabilities, float]]) -> None:
    used, new = Smoother(SmoothingConfig()), Smoother(SmoothingConfig())
    copies = [vector.copy() for vector, _ in sequence]
    for vector, elapsed_ms in sequence:
        used.push(vector, elapsed_ms)
    used.reset()
    for vector, elapsed_ms in sequence:
        (ours, our_name), (theirs, their_name) = used.push(vector, elapsed_ms), new.push(vector, elapsed_ms)
        np.testing.assert_array_equal(ours, theirs)
        assert our_name == their_name
    for (vector, _), copy in zip(sequence, copies, strict=True):
        np.testing.assert_array_equal(vector, copy)


@pytest.mark.parametrize(
    "numbers",
    [
        {"half_life_ms": -1},
        {"half_life_ms": float("nan")},
        {"off_threshold": 0.5},
        {"off_threshold": -0.1},
        {"on_threshold": 1.1},
        {"switch_margin": -0.1},
        {"switch_margin": 1.1},
    ],
    ids=str,
)
def test_impossible_numbers_are_refused(numbers: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="smoothing needs"):
        SmoothingConfig(**numbers)
