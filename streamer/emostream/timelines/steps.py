"""The steps of a timeline, four in each second: kept as numbers in a file of no name once they are many."""

import tempfile
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from emostream.events import Estimate

_NO_LABEL = -1
# So much stays in memory, an hour or two; the file of a day has some 25 MB.
_MOST_BYTES = 1_000_000
_STEPS_AT_ONCE = 1_000


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


class Steps:
    """All steps of a recording, in order; they can be gone through more than once."""

    def __init__(self, labels: tuple[str, ...], rows: "_Rows") -> None:
        self.labels = labels
        self._rows = rows

    def __len__(self) -> int:
        return self._rows.count

    def __iter__(self) -> Iterator[Step]:
        for rows in self._rows.parts():
            for row in rows:
                p = row["p"].tolist()
                yield Step(
                    start_ms=int(row["start_ms"]),
                    end_ms=int(row["end_ms"]),
                    label=None if row["label"] == _NO_LABEL else self.labels[row["label"]],
                    p={} if np.isnan(p[0]) else dict(zip(self.labels, p, strict=True)),
                    confidence=float(row["confidence"]),
                    agreement=float(row["agreement"]),
                    speech=bool(row["speech"]),
                    level_dbfs=float(row["level_dbfs"]),
                )

    def columns(self) -> NDArray[Any]:
        """All of them at once, as a structured array of shape (n,) with the fields of ``Step``.

        ``p`` is (K,) for each, NaN where no speech had been heard; ``label`` an index into ``labels``, or -1 for none.
        """
        return np.concatenate([*self._rows.parts(), self._rows.empty()])


class StepCollector:
    """Takes estimates one by one."""

    def __init__(self, labels: tuple[str, ...]) -> None:
        self._labels = labels
        self._rows = _Rows(len(labels))
        self._index_of = {label: index for index, label in enumerate(labels)}

    def append(self, estimate: Estimate) -> None:
        """Take the next one."""
        self._rows.append(
            (
                estimate.t_start_ms,
                estimate.t_end_ms,
                _NO_LABEL if estimate.label is None else self._index_of[estimate.label],
                [estimate.p.get(label, np.nan) for label in self._labels],
                estimate.confidence,
                estimate.agreement,
                estimate.speech,
                estimate.level_dbfs,
            )
        )

    def steps(self) -> Steps:
        """Those so far, and those that are still to come."""
        return Steps(self._labels, self._rows)


class _Rows:
    """Rows of numbers: the latest in a list, those before in a file."""

    def __init__(self, n_labels: int) -> None:
        self.count = 0
        self._type = np.dtype(
            [
                ("start_ms", np.int64),
                ("end_ms", np.int64),
                ("label", np.int16),
                ("p", np.float64, (n_labels,)),
                ("confidence", np.float64),
                ("agreement", np.float64),
                ("speech", np.bool_),
                ("level_dbfs", np.float64),
            ]
        )
        self._latest: list[tuple[object, ...]] = []
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(_MOST_BYTES)  # noqa: SIM115 - as long as there are rows
        weakref.finalize(self, self._file.close)

    def append(self, row: tuple[object, ...]) -> None:
        self.count += 1
        self._latest.append(row)
        if len(self._latest) >= _STEPS_AT_ONCE:
            self._file.seek(0, 2)
            self._file.write(np.array(self._latest, self._type).tobytes())
            self._latest.clear()

    def parts(self) -> Iterator[NDArray[Any]]:
        """All rows, so many at once."""
        self._file.seek(0)
        while data := self._file.read(_STEPS_AT_ONCE * self._type.itemsize):
            at = self._file.tell()
            yield np.frombuffer(data, self._type)
            self._file.seek(at)  # others may have gone through them meanwhile
        if self._latest:
            yield np.array(self._latest, self._type)

    def empty(self) -> NDArray[Any]:
        return np.empty(0, self._type)
