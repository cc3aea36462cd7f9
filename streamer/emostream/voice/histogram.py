"""Quantiles of any number of values in bounded memory."""

import numpy as np
from numpy.typing import NDArray


class Histogram:
    """Counts of values in bins ``width`` wide from ``low`` to ``high``; values outside count in the outermost bins."""

    def __init__(self, low: float, high: float, width: float) -> None:
        self._low, self._width = low, width
        self._counts: NDArray[np.float64] = np.zeros(round((high - low) / width))

    @property
    def total(self) -> float:
        """The weight of all values."""
        return float(self._counts.sum())

    @property
    def counts(self) -> NDArray[np.float64]:
        """The weight in each bin, shape (bins,)."""
        return self._counts

    @property
    def centres(self) -> NDArray[np.float64]:
        """The middle of each bin, shape (bins,)."""
        return self._low + self._width * (np.arange(len(self._counts), dtype=np.float64) + 0.5)

    def add(self, values: NDArray[np.floating]) -> None:
        """Count in values of shape (n,)."""
        last = len(self._counts) - 1
        bins = np.clip(np.floor((values - self._low) / self._width), 0, last).astype(np.intp)
        self._counts += np.bincount(bins, minlength=last + 1).astype(np.float64)

    def decay(self, factor: float) -> None:
        """Let all values so far weigh ``factor`` times as much."""
        self._counts *= factor

    def merge(self, other: "Histogram") -> None:
        """Count in what another one with the same bins holds."""
        self._counts += other._counts

    def quantile(self, share: float) -> float:
        """The value below which ``share`` (0 to 1) of the weight lies, to about a bin; there must be some weight."""
        below = np.cumsum(self._counts)
        target = share * below[-1]
        place = int(np.searchsorted(below, target))
        within = (target - (below[place] - self._counts[place])) / self._counts[place] if self._counts[place] else 0.5
        return float(self._low + self._width * (place + within))
