"""Windows against their definition, computed from all rows at once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from emostream.features import Feature, FeatureSpec
from emostream.features.windows import FeatureWindow, FeatureWindows, WindowGrid
from tests.support.chunking import chunks, cuts


def framed(frame_length: int, hop_length: int) -> FeatureSpec:
    """A spec of such frames; the bands of contrast are set so that frames may be as short as 16 samples."""
    return FeatureSpec(
        features=(Feature.CENTROID,),
        frame_length=frame_length,
        hop_length=hop_length,
        contrast_bands=1,
        contrast_f_min_hz=1_000,
    )


# As the shipped kinds of models have it, and one whose step is shorter than a hop.
SHIPPED = WindowGrid(framed(2048, 512), length_samples=48_000, step_samples=4_000, shortest_samples=8_000)
SHORT_STEP = WindowGrid(framed(400, 300), length_samples=2_000, step_samples=100, shortest_samples=450)


@st.composite
def grids(draw: st.DrawFn) -> WindowGrid:
    frame_length = 2 * draw(st.integers(8, 30))
    shortest = draw(st.integers(frame_length, 150))
    return WindowGrid(
        framed(frame_length, draw(st.integers(1, frame_length))),
        length_samples=draw(st.integers(shortest, 300)),
        step_samples=draw(st.integers(1, 120)),
        shortest_samples=shortest,
    )


def rows_within(grid: WindowGrid, start: int, end: int) -> list[int]:
    """By definition: the rows whose frame lies wholly between two samples."""
    starts = range(0, max(end, 1), grid.spec.hop_length)
    return [i for i, at in enumerate(starts) if start <= at and at + grid.spec.frame_length <= end]


def numbered_rows(grid: WindowGrid, n_samples: int) -> NDArray[np.float32]:
    """Two columns that say which row this is."""
    numbers = np.arange(len(rows_within(grid, 0, n_samples)), dtype=np.float32)
    return np.stack([numbers, -numbers], axis=1)


def expected_windows(grid: WindowGrid, n_samples: int) -> dict[int, list[int]]:
    """End sample -> row numbers, for each multiple of the step; a window's rows are the last T at most."""
    n_full = len(rows_within(grid, 0, grid.length_samples))
    ends = [end for end in range(grid.step_samples, n_samples + 1, grid.step_samples) if end >= grid.shortest_samples]
    return {end: rows_within(grid, 0, end)[-n_full:] for end in ends}


def numbers(windows: list[FeatureWindow]) -> dict[int, list[int]]:
    return {window.end_sample: window.rows[:, 0].astype(int).tolist() for window in windows}


@given(grid=grids() | st.sampled_from([SHIPPED, SHORT_STEP]), data=st.data())
@settings(max_examples=150)
def test_any_chunking_gives_the_windows_of_the_definition(grid: WindowGrid, data: st.DataObject) -> None:
    n_samples = data.draw(st.integers(0, 4 * grid.length_samples))
    rows = numbered_rows(grid, n_samples)
    windows = FeatureWindows(grid, dim=2)
    got = [window for piece in chunks(rows, data.draw(cuts(len(rows)))) for window in windows.push(piece)]

    assert [window.end_sample for window in got] == sorted({window.end_sample for window in got})
    whole = expected_windows(grid, n_samples)
    inside = {end: found for end, found in numbers(got).items() if end <= n_samples}
    assert inside == whole
    # A window may be complete before its end is reached: then no row is missing from it.
    for window in got:
        assert window.rows[-1, 0] < len(rows)
        assert np.array_equal(window.rows[:, 1], -window.rows[:, 0])
        if window.end_sample > n_samples:
            assert rows_within(grid, 0, window.end_sample) == rows_within(grid, 0, n_samples)


@given(grid=grids() | st.sampled_from([SHIPPED, SHORT_STEP]), data=st.data())
@settings(max_examples=150)
def test_flush_gives_the_tail_if_it_brings_new_rows(grid: WindowGrid, data: st.DataObject) -> None:
    n_samples = data.draw(st.integers(0, 4 * grid.length_samples))
    rows = numbered_rows(grid, n_samples)
    windows = FeatureWindows(grid, dim=2)
    had = [window.rows[-1, 0] for piece in chunks(rows, data.draw(cuts(len(rows)))) for window in windows.push(piece)]
    tail = windows.flush(n_samples)

    if n_samples < grid.shortest_samples or len(rows) == (had[-1] + 1 if had else 0):
        assert tail == []
    else:
        n_full = len(rows_within(grid, 0, grid.length_samples))
        assert numbers(tail) == {n_samples: rows_within(grid, 0, n_samples)[-n_full:]}


def test_the_tail_of_a_long_audio_is_a_full_window() -> None:
    windows = FeatureWindows(SHIPPED, dim=2)
    n_samples = 49_000
    windows.push(numbered_rows(SHIPPED, n_samples))
    (tail,) = windows.flush(n_samples)
    assert tail.rows[:, 0].tolist() == list(range(2, 92))


def test_windows_start_short_and_grow_to_their_full_length() -> None:
    windows = FeatureWindows(SHIPPED, dim=2)
    got = windows.push(numbered_rows(SHIPPED, 80_000))
    assert [window.end_sample for window in got][:3] == [8_000, 12_000, 16_000]
    sizes = [len(window.rows) for window in got]
    assert sizes[0] == 12
    assert sizes == sorted(sizes)
    assert set(sizes[10:]) == {SHIPPED.rows} == {90}


def test_rows_fit_the_window_in_time() -> None:
    for window in FeatureWindows(SHIPPED, dim=2).push(numbered_rows(SHIPPED, 100_000)):
        first, last = window.rows[[0, -1], 0].astype(int)
        assert last * 512 + 2048 <= window.end_sample < (last + 1) * 512 + 2048
        # Rows lie on the hop's grid, so that a window may begin up to a hop early.
        assert first == 0 or window.end_sample - SHIPPED.length_samples - 512 < first * 512


@pytest.mark.parametrize("end", ["reset", "flush"])
def test_after_reset_or_flush_it_equals_a_new_one(end: str) -> None:
    rows = numbered_rows(SHIPPED, 70_000)
    windows = FeatureWindows(SHIPPED, dim=2)
    windows.push(rows[:50])
    windows.reset() if end == "reset" else windows.flush(30_000)
    assert numbers(windows.push(rows)) == numbers(FeatureWindows(SHIPPED, dim=2).push(rows))


def test_nothing_grows() -> None:
    windows = FeatureWindows(SHIPPED, dim=2)
    most_kept = 0
    for _ in range(2_000):
        windows.push(np.zeros((7, 2), np.float32))
        assert windows._kept.base is None, "a view would keep all rows alive"
        most_kept = max(most_kept, len(windows._kept))
    assert most_kept <= SHIPPED.rows + SHIPPED.step_samples // SHIPPED.spec.hop_length + 2


def test_windows_do_not_change_after_they_were_given() -> None:
    windows = FeatureWindows(SHIPPED, dim=2)
    (first,) = windows.push(numbered_rows(SHIPPED, 8_000))
    before = first.rows.copy()
    windows.push(np.full((500, 2), 9, np.float32))
    np.testing.assert_array_equal(first.rows, before)


@given(grid=grids(), n_samples=st.integers(0, 1_000))
def test_frames_are_counted_and_placed_as_defined(grid: WindowGrid, n_samples: int) -> None:
    spec, rows = grid.spec, rows_within(grid, 0, n_samples)
    assert spec.n_frames(n_samples) == len(rows)
    assert [spec.frame_start(row) for row in rows] == spec.frame_start(np.array(rows, np.int64)).tolist()
    assert all(spec.frame_start(row) + spec.frame_length <= n_samples for row in rows)
    assert spec.frame_start(len(rows)) + spec.frame_length > n_samples


@pytest.mark.parametrize(
    "change",
    [
        {"shortest_samples": 2_047},
        {"shortest_samples": 48_001},
        {"length_samples": 7_999},
        {"step_samples": 0},
        {"step_samples": -1},
    ],
    ids=str,
)
def test_a_grid_that_cannot_be_is_refused(change: dict[str, int]) -> None:
    numbers = {"length_samples": 48_000, "step_samples": 4_000, "shortest_samples": 8_000}
    with pytest.raises(ValueError, match="a window must hold a frame"):
        WindowGrid(SHIPPED.spec, **{**numbers, **change})
