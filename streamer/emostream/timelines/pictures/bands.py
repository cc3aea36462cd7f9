"""The bands of one row of a picture: utterances with their confidence as height, the sound, probabilities, gaps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from emostream.events import LOST
from emostream.sinks.palette import UNSURE, WARNING
from emostream.timelines.pictures.layout import Row, words_of
from emostream.timelines.timeline import Timeline, TimelineUtterance

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, MUTED, GROUND, LINE = "#20242c", "#5d6370", "#f1f3f6", "#d5d9e0"
# Beside its colour each label has a line of its own: colour never stands alone.
_DASHES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)), (0, (3, 1)), (0, (8, 3)), (0, (1, 2)))
WORD_SIZE = 8.5
_SHORT_HEIGHT = 0.12  # of an utterance without a verdict, as a confidence
_POINTS_A_COLUMN = 0.75
_LEAST_POINTS_A_STEP = 0.8
_AVERAGED_POINTS, _AVERAGED_COLUMNS = 3.0, 9
_BETWEEN = 0.06  # inches
_UNNAMED_SOUND = "#b4bac5"
# In more rows probabilities would be too small to be read.
MOST_WITH_CURVES = 12
_POINTS = 72.0


@dataclass(frozen=True, slots=True)
class Bands:
    """Where the bands of a row are: (bottom, top) in inches above the row's lower edge, None where there is none."""

    height: float
    bars: tuple[float, float]
    sound: tuple[float, float] | None
    curves: tuple[float, float] | None

    @classmethod
    def of(cls, n_rows: int, *, with_sound: bool, with_curves: bool) -> "Bands":
        """From below: probabilities, sound, utterances, and room for words above these. Few rows are higher."""
        scale = 2.2 if n_rows == 1 else 1.5 if n_rows == 2 else 1.0 if n_rows <= 4 else 0.8
        at, curves, sound = 0.0, None, None
        if with_curves:
            curves = (at, at := at + 0.42 * scale)
            at += _BETWEEN
        if with_sound:
            sound = (at, at := at + 0.42 * scale)
            at += _BETWEEN
        bars = (at, at := at + 0.56 * scale)
        return cls(at + 0.17, bars, sound, curves)


class RowDrawing:
    """Draws a row on axes whose x are ms of the recording and whose y are inches; ``width`` is that of a whole row."""

    def __init__(
        self, axes: "Axes", row: Row, bands: Bands, *, width: float, colours: Mapping[str, str], letters: dict[str, str]
    ) -> None:
        self._axes, self._row, self._bands = axes, row, bands
        self._points = _POINTS * width
        self._colours, self._letters = colours, letters
        self._end_ms = min(row.end_ms, row.timeline.length_ms)
        spoken = row.timeline.utterances
        self._utterances = [one for one in spoken if one.end_ms > row.start_ms and one.start_ms < row.end_ms]

    def draw(self, loudest: float) -> None:
        """All bands; a sample of ``loudest`` fills that of the sound."""
        for bottom, top in filter(None, (self._bands.bars, self._bands.sound, self._bands.curves)):
            self._box(self._row.start_ms, self._end_ms, bottom, top, facecolor=GROUND, zorder=0)
        self._draw_bars()
        if self._bands.sound and self._row.timeline.envelope:
            self._draw_sound(self._bands.sound, loudest)
        if self._bands.curves and self._row.timeline.steps is not None:
            self._draw_curves(self._bands.curves, self._row.timeline)
        self._draw_gaps()

    def _draw_bars(self) -> None:
        from matplotlib.collections import PolyCollection

        bottom, top = self._bands.bars
        middle = (bottom + top) / 2
        self._axes.plot([self._row.start_ms, self._end_ms], [middle, middle], color=LINE, linewidth=0.7, zorder=1)
        for name in dict.fromkeys(utterance.name for utterance in self._utterances):
            same = [utterance for utterance in self._utterances if utterance.name == name]
            left = np.maximum([utterance.start_ms for utterance in same], self._row.start_ms)
            right = np.minimum([utterance.end_ms for utterance in same], self._row.end_ms)
            high = bottom + (top - bottom) * np.array([utterance.confidence or _SHORT_HEIGHT for utterance in same])
            low = np.full(len(same), bottom)
            corners = np.stack([left, low, left, high, right, high, right, low], axis=1).reshape(-1, 4, 2)
            # A patch for each of the bars takes 10 kB: thirty hours of talk have 25,000.
            self._axes.add_collection(PolyCollection(list(corners), zorder=2, **self._style(same[0])), autolim=False)
        for word in words_of(self._row, self._letters, self._points, WORD_SIZE):
            self._axes.text(
                self._row.start_ms + word.middle_points / self._points * (self._row.end_ms - self._row.start_ms),
                bottom + (top - bottom) * (word.confidence or _SHORT_HEIGHT) + 0.025,
                word.text,
                ha="center",
                va="bottom",
                fontsize=word.size,
                color=INK,
                zorder=6,
                parse_math=False,
            )

    def _style(self, utterance: TimelineUtterance) -> dict[str, Any]:
        return bar_style(self._colours.get(utterance.label or "", UNSURE), has_label=utterance.label is not None)

    def _draw_sound(self, band: tuple[float, float], loudest: float) -> None:
        envelope = self._row.timeline.envelope
        assert envelope is not None
        part = (self._end_ms - self._row.start_ms) / (self._row.end_ms - self._row.start_ms)
        columns = max(2, round(self._points * part / _POINTS_A_COLUMN))
        low, high = envelope.resampled(self._row.start_ms, self._end_ms, columns)
        edges = np.linspace(self._row.start_ms, self._end_ms, columns + 1)
        x = (edges[:-1] + edges[1:]) / 2
        middle, half = (band[0] + band[1]) / 2, (band[1] - band[0]) / 2
        scale = half / loudest
        line = 0.004  # silence is a line, not nothing
        lower, upper = middle + np.minimum(low * scale, -line), middle + np.maximum(high * scale, line)
        owners = self._owners(x)
        for colour, chosen in self._by_colour(owners):
            # A column more, so that stretches of colour touch.
            reach = chosen | np.roll(chosen, 1) & (np.arange(columns) > 0)
            self._axes.fill_between(x, lower, upper, where=reach, color=colour, linewidth=0, zorder=2)

    def _owners(self, x: NDArray[np.float64]) -> NDArray[np.int64]:
        """Which utterance of the row each time lies in, -1 for none."""
        starts = np.array([utterance.start_ms for utterance in self._utterances], np.float64)
        ends = np.array([utterance.end_ms for utterance in self._utterances], np.float64)
        if not len(starts):
            return np.full(len(x), -1)
        index = np.searchsorted(starts, x, "right") - 1
        return np.where((index >= 0) & (x < ends[index]), index, -1)

    def _by_colour(self, owners: NDArray[np.int64]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        colours = [self._colours.get(utterance.label or "", _UNNAMED_SOUND) for utterance in self._utterances]
        colours.append(_UNNAMED_SOUND)
        own = np.array(colours)[owners]
        for colour in dict.fromkeys(own.tolist()):
            yield colour, own == colour

    def _draw_curves(self, band: tuple[float, float], timeline: Timeline) -> None:
        assert timeline.steps is not None
        steps = timeline.steps.columns()
        steps = steps[(steps["end_ms"] > self._row.start_ms) & (steps["end_ms"] <= self._end_ms)]
        x, p = steps["end_ms"], np.where(steps["speech"][:, np.newaxis], steps["p"], np.nan)
        points_a_step = timeline.hello.step_ms * self._points / (self._row.end_ms - self._row.start_ms)
        if points_a_step < _LEAST_POINTS_A_STEP:
            x, p = self._averaged(x, p)
        bottom, height = band[0] + 0.015, band[1] - band[0] - 0.03
        for index, label in enumerate(timeline.labels):
            y = bottom + height * p[:, index]
            self._axes.plot(x, y, **line_style(self._colours, label), linewidth=1.1, zorder=3)

    def _averaged(
        self, x: NDArray[np.int64], p: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where steps are too dense to be told apart: means over the speech in a window that moves on by a few."""
        n_columns = max(2, round(self._points / _AVERAGED_POINTS))
        edges = np.linspace(self._row.start_ms, self._row.end_ms, n_columns + 1)
        column = np.clip(np.searchsorted(edges, x, "left") - 1, 0, n_columns - 1)
        is_known = np.isfinite(p).all(axis=1)
        counts = np.bincount(column[is_known], minlength=n_columns)
        sums = [np.bincount(column[is_known], values[is_known], n_columns) for values in p.T]
        window = np.hanning(_AVERAGED_COLUMNS + 2)[1:-1]
        weight = np.convolve(counts, window, "same")
        with np.errstate(invalid="ignore", divide="ignore"):
            means = [np.where(weight > 0, np.convolve(total, window, "same") / weight, np.nan) for total in sums]
        return (edges[:-1] + edges[1:]) / 2, np.stack(means, axis=1)

    def _draw_gaps(self) -> None:
        top = self._bands.bars[1]
        for gap in self._row.timeline.gaps:
            left, right = max(gap.start_ms, self._row.start_ms), min(gap.end_ms, self._row.end_ms)
            if right <= left:
                continue
            self._box(left, right, 0.0, top, zorder=5, **gap_style(is_lost=gap.reason == LOST))
            points = (right - left) / (self._row.end_ms - self._row.start_ms) * self._points
            if points > 5 * len(gap.reason):
                self._axes.text(
                    (left + right) / 2, top + 0.025, gap.reason, ha="center", va="bottom", fontsize=8, color=INK
                )

    def _box(self, left: float, right: float, bottom: float, top: float, **style: Any) -> None:
        from matplotlib.patches import Rectangle

        self._axes.add_patch(Rectangle((left, bottom), right - left, top - bottom, **({"linewidth": 0} | style)))


def line_style(colours: Mapping[str, str], label: str) -> dict[str, Any]:
    """How the curve of a label looks; ``colours`` are those of all labels, in order."""
    return {"color": colours[label], "linestyle": _DASHES[list(colours).index(label) % len(_DASHES)]}


def bar_style(colour: str, *, has_label: bool) -> dict[str, Any]:
    """How an utterance looks; one without a label is hatched."""
    if not has_label:
        return {"facecolor": "white", "edgecolor": colour, "hatch": "//////", "linewidth": 0.7}
    return {"facecolor": colour, "edgecolor": "white", "linewidth": 0.5}


def gap_style(*, is_lost: bool) -> dict[str, Any]:
    """How a gap looks: crossed red where audio was lost, dotted grey where somebody paused."""
    if is_lost:
        return {"facecolor": "white", "edgecolor": WARNING, "hatch": "xxxx", "linewidth": 0.6}
    return {"facecolor": "white", "edgecolor": MUTED, "hatch": "....", "linewidth": 0.6}
