"""What the colours, lines and hatches of a picture mean, below its last row."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.cells import cell_len

from emostream.events import LOST
from emostream.sinks.palette import UNSURE as UNSURE_COLOUR
from emostream.sinks.printable import printable
from emostream.sinks.wording import UNSURE
from emostream.timelines.pictures.bands import GROUND, INK, bar_style, gap_style, line_style
from emostream.timelines.timeline import Timeline

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEGEND_LINE = 0.22  # inches
_SIZE = 9


def legend_entries(
    timelines: Sequence[Timeline], colours: dict[str, str], letters: dict[str, str], *, has_curves: bool
) -> list[tuple[tuple[Any, ...], str]]:
    """What stands for each label, for utterances without one, for silence and for gaps; and what that is."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    entries: list[tuple[tuple[Any, ...], str]] = []
    for label, colour in colours.items():
        line = Line2D([], [], **line_style(colours, label), linewidth=1.3)
        patch = Patch(**bar_style(colour, has_label=True))
        letter = f"{letters[label]} = " if letters[label] != label else ""
        entries.append(((patch, line) if has_curves else (patch,), f" {letter}{printable(label)}"))
    spans = [span for timeline in timelines for span in timeline.utterances if span.label is None]
    if spans:
        unnamed = " or ".join(
            f"? = {name}" if name == UNSURE else name for name in dict.fromkeys(s.name for s in spans)
        )
        entries.append(((Patch(**bar_style(UNSURE_COLOUR, has_label=False)),), f" {unnamed}"))
    entries.append(((Patch(facecolor=GROUND, edgecolor="#c5cad3", linewidth=0.5),), " silence"))
    reasons = dict.fromkeys(gap.reason for timeline in timelines for gap in timeline.gaps)
    entries += [((Patch(**gap_style(is_lost=reason == LOST)),), f" {reason}") for reason in reasons]
    return entries


def legend_shape(names: Sequence[str], width: float) -> tuple[int, int]:
    """Columns and lines of a legend that is so many inches wide; a column is as wide as its longest name."""
    for columns in range(len(names), 1, -1):
        parts = np.array_split(np.array(names), columns)  # as Matplotlib does
        points = sum(_SIZE * (6.2 + 0.6 * max(map(cell_len, part))) for part in parts)
        if points <= 72 * width:
            return columns, len(parts[0])
    return 1, len(names)


def draw_legend(figure: "Figure", entries: Sequence[tuple[tuple[Any, ...], str]], columns: int, left: float) -> None:
    """At the lower edge, from ``left`` on, which is a part of the figure's width."""
    from matplotlib.legend_handler import HandlerTuple

    handles: list[Any] = [handles for handles, _ in entries]
    legend = figure.legend(
        handles,
        [name for _, name in entries],
        handler_map={tuple: HandlerTuple(ndivide=None, pad=0.3)},
        loc="lower left",
        bbox_to_anchor=(left - 0.005, 0.0),
        ncols=columns,
        frameon=False,
        fontsize=_SIZE,
        handlelength=3.2,
        handleheight=0.9,
        columnspacing=1.6,
        borderaxespad=0.3,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)
        text.set_color(INK)
