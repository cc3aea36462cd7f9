"""The steps of a timeline as columns: a day of them is some tens of megabytes, where as many events are hundreds."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emostream.events import Estimate

_NO_LABEL = -1


@dataclass(frozen=True, slots=True)
class Step:
    """What was shown at the end of one step; the fields are those of ``Estimate``."""

    start_ms: int
    end_ms: int
    label: str | None
    p: dict[str, float]
    confidence: float
    agreement: float
    speech: bool
    level_dbfs: float


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """n steps with K labels, in order.

    ``start_ms`` and ``end_ms`` int64 (n,) are those of the windows, ``p`` float64 (n, K) is NaN where no speech had
    been heard, ``label`` int64 (n,) is an index into ``labels`` or -1 where none was shown; ``confidence``,
    ``agreement``, ``level_dbfs`` float64 (n,) and ``speech`` bool (n,) are as in ``Estimate``.
    """

    labels: tuple[str, ...]
    start_ms: NDArray[np.int64]
    end_ms: NDArray[np.int64]
    label: NDArray[np.int64]
    p: NDArray[np.float64]
    confidence: NDArray[np.float64]
    agreement: NDArray[np.float64]
    speech: NDArray[np.bool_]
    level_dbfs: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.end_ms)

    def __iter__(self) -> Iterator[Step]:
        for index in range(len(self)):
            p = self.p[index]
            yield Step(
                start_ms=int(self.start_ms[index]),
                end_ms=int(self.end_ms[index]),
                label=self.labels[self.label[index]] if self.label[index] != _NO_LABEL else None,
                p={} if np.isnan(p[0]) else dict(zip(self.labels, p.tolist(), strict=True)),
                confidence=float(self.confidence[index]),
                agreement=float(self.agreement[index]),
                speech=bool(self.speech[index]),
                level_dbfs=float(self.level_dbfs[index]),
            )


class StepColumns:
    """Takes estimates one by one, and gives them as ``Steps``."""

    def __init__(self, labels: tuple[str, ...]) -> None:
        self._labels = labels
        self._times = array("q")  # start, end, label, speech
        self._figures = array("d")  # confidence, agreement, level, then p
        self._index_of = {label: index for index, label in enumerate(labels)}

    def append(self, estimate: Estimate) -> None:
        """Take the next one."""
        label = _NO_LABEL if estimate.label is None else self._index_of[estimate.label]
        self._times.extend((estimate.t_start_ms, estimate.t_end_ms, label, estimate.speech))
        self._figures.extend((estimate.confidence, estimate.agreement, estimate.level_dbfs))
        self._figures.extend(estimate.p.get(name, np.nan) for name in self._labels)

    def steps(self) -> Steps:
        """Those so far, which are not copied: no more can be appended then."""
        times = np.frombuffer(self._times, np.int64).reshape(-1, 4)
        figures = np.frombuffer(self._figures, np.float64).reshape(-1, 3 + len(self._labels))
        return Steps(
            labels=self._labels,
            start_ms=times[:, 0],
            end_ms=times[:, 1],
            label=times[:, 2],
            p=figures[:, 3:],
            confidence=figures[:, 0],
            agreement=figures[:, 1],
            speech=times[:, 3].astype(bool),
            level_dbfs=figures[:, 2],
        )
