"""A comparison as a picture: the utterances of both sets of models, one above the other, line by line."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MultipleLocator

from emostream.events import Utterance
from emostream.sinks.drawing import clock
from emostream.sinks.palette import UNSURE as UNSURE_COLOUR
from emostream.sinks.palette import label_colours
from emostream_trainer.evaluation.comparison import UNSURE, Comparison, Judged, name_of
from emostream_trainer.figures import save

# Minutes in a line: the fewest that give no more lines than fit on a page.
LINE_MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 240)
MOST_LINES = 16
INK, PALE = "#20242c", "#eceff3"
# A word is written where it has so many points of room for each letter.
POINTS_A_LETTER = 5.5
WIDTH_INCHES, LINE_INCHES = 12.0, 1.15
# Of the axes, for a word above a bar of confidence 1.
HIGHEST = 1.2
OTHERWISE: dict[str, Any] = {"marker": "D", "markersize": 4.5, "color": INK}


def comparison_picture(path: Path, comparison: Comparison, names: tuple[str, str]) -> None:
    """Write ``path`` with .png and .svg: height is confidence, and a mark between both says where they differ."""
    length_s = max(comparison.seconds, 1.0)
    line_s = next((60.0 * m for m in LINE_MINUTES if length_s <= 60 * m * MOST_LINES), 60.0 * LINE_MINUTES[-1])
    lines = math.ceil(length_s / line_s)
    line_s = length_s if lines == 1 else line_s
    figure = Figure(figsize=(WIDTH_INCHES, LINE_INCHES * lines + 1.6), layout="constrained")
    colours = {**label_colours(comparison.labels), UNSURE: UNSURE_COLOUR}
    for number, axes in enumerate(figure.subplots(lines, 1, squeeze=False)[:, 0]):
        _Line(axes, colours, number * line_s, line_s).draw(comparison.utterances)
    share = f"{comparison.same_utterances:.0%} of {len(comparison.utterances)} utterances have the same label"
    figure.suptitle(f"A: {names[0]}\nB: {names[1]}\n{share}", fontsize=10, x=0.01, ha="left")
    handles: list[Artist] = [Patch(label=name, **_style(name, colour)) for name, colour in colours.items()]
    handles.append(Line2D([], [], linestyle="", label="named otherwise", **OTHERWISE))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False, fontsize=9)
    save(figure, path)


class _Line:
    """So many seconds of the session on one pair of axes: A above the middle, B below it."""

    def __init__(self, axes: Axes, colours: Mapping[str, str], start_s: float, length_s: float) -> None:
        self._axes = axes
        self._colours = colours
        self._start_s, self._end_s = start_s, start_s + length_s
        self._points_a_second = 72 * (WIDTH_INCHES - 0.8) / length_s
        axes.axhspan(-HIGHEST, HIGHEST, color=PALE, zorder=0)
        axes.axhline(0, color=INK, linewidth=0.6)
        axes.set(xlim=(start_s, start_s + length_s), ylim=(-HIGHEST, HIGHEST))
        axes.set_yticks([0.5, -0.5], ["A", "B"])
        axes.tick_params(length=0, labelsize=8)
        axes.xaxis.set_major_locator(MultipleLocator(_between_ticks(length_s)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: clock(1000 * seconds)[:-2]))
        for side in axes.spines.values():
            side.set_visible(False)

    def draw(self, utterances: Sequence[Judged]) -> None:
        """The utterances that reach into the line."""
        for judged in utterances:
            if judged.end_ms / 1000 > self._start_s and judged.start_ms / 1000 < self._end_s:
                self._draw(judged, judged.first, 1)
                self._draw(judged, judged.second, -1)
                if not judged.is_same:
                    middle_s = (judged.start_ms + judged.end_ms) / 2000
                    self._axes.plot([middle_s], [0], zorder=4, **OTHERWISE)

    def _draw(self, judged: Judged, said: Utterance, sign: int) -> None:
        name, start_s = name_of(said), judged.start_ms / 1000
        style = _style(name, self._colours[name])
        self._axes.bar(start_s, sign * said.confidence, judged.seconds, align="edge", zorder=2, **style)
        # Colour never stands alone: the word where there is room, else its first letters.
        room = judged.seconds * self._points_a_second
        letters = next((n for n in (len(name), 2, 1) if n * POINTS_A_LETTER <= room), 0)
        where = "bottom" if sign > 0 else "top"
        middle_s, height = start_s + judged.seconds / 2, sign * (said.confidence + 0.04)
        self._axes.text(middle_s, height, name[:letters], ha="center", va=where, fontsize=7, color=INK, clip_on=True)


def _style(name: str, colour: str) -> dict[str, Any]:
    """How the bar of a label looks; one without a label is hatched."""
    if name == UNSURE:
        return {"facecolor": "none", "edgecolor": colour, "hatch": "////", "linewidth": 0.8}
    return {"facecolor": colour, "edgecolor": "white", "linewidth": 0.8}


def _between_ticks(length_s: float) -> float:
    """Seconds between two times on the axis: about ten of them."""
    return next((s for s in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800) if length_s / s <= 12), 3600)
