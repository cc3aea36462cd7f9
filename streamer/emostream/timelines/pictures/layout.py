"""How recordings fold into rows of a picture, and where its words stand; in ms and points, without drawing."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from emostream.sinks.printable import printable
from emostream.timelines.timeline import Timeline, TimelineUtterance

# A single row up to here; else as few seconds in a row as give no more rows than one can take in.
_ONE_ROW_S = 75
_ROW_S = (60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400)
_MOST_ROWS = 6
# Of a letter's width to the size of the type, on the average of a word.
_LETTER = 0.62
# Utterances that are nearer to each other than this and have one name share one word.
_JOINED_POINTS = 9.0
_APART_POINTS = 3.0
# So far a word may stand out beyond its utterances.
_OVERHANG_POINTS = 7.0


@dataclass(frozen=True, slots=True)
class Row:
    """A stretch of one recording, from ``start_ms`` on; the last one of a recording may be longer than what is left."""

    timeline: Timeline
    start_ms: int
    end_ms: int

    @property
    def is_first(self) -> bool:
        """Whether the recording begins here."""
        return self.start_ms == 0


@dataclass(frozen=True, slots=True)
class Word:
    """``text`` is centred at ``middle_points`` of the row, above bars of which the highest has ``confidence``."""

    text: str
    middle_points: float
    confidence: float
    size: float


def rows_of(timelines: Sequence[Timeline]) -> list[Row]:
    """All rows, in order; all of them are equally long, so that recordings can be compared."""
    row_ms = _row_ms([max(1, timeline.length_ms) for timeline in timelines])
    return [
        Row(timeline, start_ms, start_ms + row_ms)
        for timeline in timelines
        for start_ms in range(0, max(1, timeline.length_ms), row_ms)
    ]


def _row_ms(lengths_ms: Sequence[int]) -> int:
    longest = max(lengths_ms)
    if longest <= 1000 * _ONE_ROW_S:
        return longest
    most = max(_MOST_ROWS, len(lengths_ms))
    rows = (1000 * seconds for seconds in _ROW_S)
    row_ms = next((ms for ms in rows if sum(math.ceil(length / ms) for length in lengths_ms) <= most), longest)
    return min(row_ms, longest)


def words_of(row: Row, letters: dict[str, str], points: float, size: float) -> Iterator[Word]:
    """The words above the utterances of a row that is so many points wide, none of which touches another.

    A word is a label with its confidence where there is room, else the label, else the label's letter.
    """
    per_ms = points / (row.end_ms - row.start_ms)
    free = 0.0
    for run in _runs(row, per_ms):
        left = max(0.0, (run[0].start_ms - row.start_ms) * per_ms)
        right = min(points, (run[-1].end_ms - row.start_ms) * per_ms)
        confidence = max(utterance.confidence for utterance in run)
        name = printable(run[0].name)
        whole = [f"{name} {run[0].confidence:.0%}"] if len(run) == 1 and run[0].label else []
        short = [letters[run[0].label]] if run[0].label else ["?"] if run[0].p else []
        for text in (*whole, name, *short):
            type_size = size if text not in short else size - 1
            width = _LETTER * type_size * cell_len(text)
            middle = min(max((left + right) / 2, width / 2), points - width / 2)
            fits = width <= right - left + 2 * _OVERHANG_POINTS
            if fits and middle - width / 2 >= free:
                free = middle + width / 2 + _APART_POINTS
                yield Word(text, middle, confidence, type_size)
                break


def _runs(row: Row, per_ms: float) -> Iterator[list[TimelineUtterance]]:
    """Utterances of a row that one word stands for."""
    run: list[TimelineUtterance] = []
    for utterance in row.timeline.utterances:
        if utterance.end_ms <= row.start_ms or utterance.start_ms >= row.end_ms:
            continue
        if run and (run[0].name != utterance.name or (utterance.start_ms - run[-1].end_ms) * per_ms > _JOINED_POINTS):
            yield run
            run = []
        run.append(utterance)
    if run:
        yield run


def seconds_between_ticks(length_s: float) -> float:
    """Between two times on the axis of a row, about ten of which there are."""
    return next((s for s in (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800) if length_s / s <= 13), 3600)
