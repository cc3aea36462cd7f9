"""Sliding windows over feature rows. All arithmetic of windows and steps is here; that of frames is the spec's."""

from dataclasses import dataclass

import numpy as np

from emostream.features.arrays import Rows
from emostream.features.high_pass import BLOCK
from emostream.features.spec import FeatureSpec


@dataclass(frozen=True, slots=True)
class WindowGrid:
    """Where windows lie on the sample axis, at the rate of ``spec``.

    Windows end at multiples of ``step_samples`` from ``shortest_samples`` on, and begin ``length_samples`` earlier or,
    near the start, at sample 0. A row belongs to a window when its whole frame does.

    Raises ``ValueError`` for a window that holds no whole frame, or steps that do not go forward or that the high-pass
    cannot end.
    """

    spec: FeatureSpec
    length_samples: int
    step_samples: int
    shortest_samples: int

    def __post_init__(self) -> None:
        if not self.spec.frame_length <= self.shortest_samples <= self.length_samples or not self.step_samples > 0:
            raise ValueError(f"a window must hold a frame and steps must go forward: got {self}")
        if self.spec.high_pass_hz and self.step_samples % BLOCK:
            # The high-pass gives whole blocks: a step that ends within one would wait for audio of the next step.
            raise ValueError(f"with a high-pass a step must be a multiple of {BLOCK} samples: got {self}")

    @classmethod
    def of(cls, spec: FeatureSpec, *, window_ms: int, step_ms: int, shortest_ms: int) -> "WindowGrid":
        """The grid over the frames of a spec, at its rate."""
        length, step, shortest = (round(ms * spec.sample_rate_hz / 1000) for ms in (window_ms, step_ms, shortest_ms))
        return cls(spec, length, step, shortest)

    @property
    def rows(self) -> int:
        """T, the rows of a full window."""
        return self.spec.n_frames(self.length_samples)

    @property
    def first_end_sample(self) -> int:
        """The first multiple of ``step_samples`` that is no earlier than ``shortest_samples``."""
        return -(-self.shortest_samples // self.step_samples) * self.step_samples

    def row_span(self, end_sample: int) -> tuple[int, int]:
        """The rows of the window that ends at ``end_sample``: the index of the first, and that behind the last."""
        stop = self.spec.n_frames(end_sample)
        return max(0, stop - self.rows), stop


@dataclass(frozen=True, slots=True)
class FeatureWindow:
    """Rows of shape (T, D) of the window that ends at ``end_sample``; T is smaller near the start."""

    end_sample: int
    rows: Rows


class FeatureWindows:
    """Feature rows in, windows out: the rows of the last ``length_samples`` at every ``step_samples``."""

    def __init__(self, grid: WindowGrid, dim: int) -> None:
        self.grid = grid
        self.dim = dim
        self.reset()

    def reset(self) -> None:
        """Forget all rows: what follows is as from a new stream."""
        self._kept = np.zeros((0, self.dim), np.float32)
        self._first_row = 0
        self._next_end = self.grid.first_end_sample

    def push(self, rows: Rows) -> list[FeatureWindow]:
        """Take rows of shape (k, D), give the windows that they complete, oldest first."""
        self._kept = np.concatenate([self._kept, rows])
        known = self._first_row + len(self._kept)
        windows = []
        while self.grid.spec.n_frames(self._next_end) <= known:
            windows.append(self._window(self._next_end))
            self._next_end += self.grid.step_samples
        # A flush may end a window anywhere after the last one, so what that one began with is still needed.
        self._forget(self.grid.spec.n_frames(self._next_end - self.grid.step_samples) - self.grid.rows)
        return windows

    def flush(self, n_samples: int) -> list[FeatureWindow]:
        """The audio ended after ``n_samples``: give the last window if it holds more than the one before; be as new."""
        last_end = self._next_end - self.grid.step_samples
        had = self.grid.spec.n_frames(last_end) if last_end >= self.grid.first_end_sample else 0
        ended = n_samples >= self.grid.shortest_samples and self.grid.spec.n_frames(n_samples) > had
        windows = [self._window(n_samples)] if ended else []
        self.reset()
        return windows

    def _window(self, end_sample: int) -> FeatureWindow:
        start, stop = self.grid.row_span(end_sample)
        return FeatureWindow(end_sample, self._kept[start - self._first_row : stop - self._first_row])

    def _forget(self, before_row: int) -> None:
        n = max(0, before_row - self._first_row)
        self._kept = self._kept[n:].copy()
        self._first_row += n
