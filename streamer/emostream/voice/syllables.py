"""Syllable nuclei: voiced peaks of the intensity (de Jong and Wempe, Behavior Research Methods 41(2), 2009)."""

import numpy as np
from numpy.typing import NDArray

from emostream.voice.frames import HIGHEST_DB, LOWEST_DB
from emostream.voice.histogram import Histogram

DIP_DB = 2.0
# A nucleus may lie so far below the loudest moments, as in version 2 of the authors' Praat script.
RANGE_DB = 25.0
LEVEL_BIN_DB = 0.1


class SyllableCounter:
    """Levels and voicing in, the number of nuclei out; memory is bounded however long somebody speaks.

    A nucleus is a local maximum of the level from which it falls by ``DIP_DB`` before it rises by as much again, in a
    voiced moment. How many of them are loud enough is decided in ``count``, when the loudest are known.
    """

    def __init__(self) -> None:
        self._peaks = Histogram(LOWEST_DB, HIGHEST_DB, LEVEL_BIN_DB)
        self._rising = True
        self._extreme_db = -np.inf
        self._is_voiced = False

    def push(self, levels_db: NDArray[np.float64], voiced: NDArray[np.bool_]) -> None:
        """Take levels and whether their moments are voiced, both of shape (n,)."""
        found = []
        for level_db, is_voiced in zip(levels_db.tolist(), voiced.tolist(), strict=True):
            if self._rising:
                if level_db > self._extreme_db:
                    self._extreme_db, self._is_voiced = level_db, is_voiced
                elif level_db < self._extreme_db - DIP_DB:
                    if self._is_voiced:
                        found.append(self._extreme_db)
                    self._rising, self._extreme_db = False, level_db
            elif level_db < self._extreme_db:
                self._extreme_db = level_db
            elif level_db > self._extreme_db + DIP_DB:
                self._rising, self._extreme_db, self._is_voiced = True, level_db, is_voiced
        self._peaks.add(np.array(found))

    def count(self, loudest_db: float) -> int:
        """The nuclei at most ``RANGE_DB`` below the loudest moments; one that the end cut off counts too."""
        least_db = loudest_db - RANGE_DB
        loud = self._peaks.counts[self._peaks.centres >= least_db].sum()
        return int(loud) + (self._rising and self._is_voiced and self._extreme_db >= least_db)
