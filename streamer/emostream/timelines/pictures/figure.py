"""PNG and SVG, drawn by Matplotlib: recordings below each other, each folded into rows."""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from emostream.sinks.drawing import clock
from emostream.sinks.palette import label_colours, label_letters
from emostream.sinks.printable import printable
from emostream.sinks.wording import verdict
from emostream.timelines.pictures.bands import INK, MOST_WITH_CURVES, MUTED, Bands, RowDrawing
from emostream.timelines.pictures.layout import Row, rows_of, seconds_between_ticks
from emostream.timelines.pictures.legend import LEGEND_LINE, draw_legend, legend_entries, legend_shape
from emostream.timelines.timeline import Timeline

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# More recordings than one can compare, and a picture that few programs show.
MOST_RECORDINGS = 60
_WIDTH, _LEFT, _RIGHT = 13.33, 0.95, 0.4  # inches; a slide's width
_HEAD, _TITLE, _TICKS, _ABOVE_LEGEND = 0.05, 0.42, 0.3, 0.3
_ABOVE_TITLE = 0.17  # of the inches of a title
_DPI = 150
# Names in other scripts, where the system has a font of these.
_FONTS = ("DejaVu Sans", "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans", "WenQuanYi Zen Hei", "Arial Unicode MS")


def draw_png(timelines: Sequence[Timeline], file: BinaryIO) -> None:
    """A PNG of 2,000 pixels' width."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with _drawn(timelines) as figure:
        FigureCanvasAgg(figure).print_figure(file, format="png", dpi=_DPI, metadata={"Title": _title(timelines)})


def draw_svg(timelines: Sequence[Timeline], file: BinaryIO) -> None:
    """An SVG whose letters are shapes, so that it looks the same everywhere."""
    with _drawn(timelines) as figure:
        figure.savefig(file, format="svg", metadata={"Date": None, "Title": _title(timelines)})


@contextmanager
def _drawn(timelines: Sequence[Timeline]) -> Iterator["Figure"]:
    """The figure, while Matplotlib is set for it: the same timelines give the same bytes."""
    import matplotlib as mpl
    from matplotlib import font_manager

    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    installed = set(font_manager.get_font_names())
    fonts = [name for name in _FONTS if name in installed]
    settings: Any = {"font.family": fonts or ["sans-serif"], "hatch.linewidth": 0.7, "svg.hashsalt": "emostream"}
    with mpl.rc_context(settings), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # letters that no font has are boxes
        yield _figure(timelines)


def _figure(timelines: Sequence[Timeline]) -> "Figure":
    from matplotlib.figure import Figure

    rows = rows_of(timelines)
    bands = Bands.of(
        len(rows),
        with_sound=any(timeline.envelope is not None for timeline in timelines),
        with_curves=len(rows) <= MOST_WITH_CURVES and any(timeline.steps is not None for timeline in timelines),
    )
    labels = list(dict.fromkeys(label for timeline in timelines for label in timeline.labels))
    colours = label_colours(labels)
    letters = {label: printable(letter) for label, letter in label_letters(labels).items()}
    legend = legend_entries(timelines, colours, letters, has_curves=bands.curves is not None)
    columns, lines = legend_shape([name for _, name in legend], _plot_width())
    height = _HEAD + sum(bands.height + _TICKS + (_TITLE if row.is_first else 0.0) for row in rows)
    height += _ABOVE_LEGEND + lines * LEGEND_LINE
    figure = Figure(figsize=(_WIDTH, height), dpi=_DPI, facecolor="white")
    top = height - _HEAD
    for row in rows:
        if row.is_first:
            _write_title(figure, row.timeline, (top - _ABOVE_TITLE) / height)
            top -= _TITLE
        top -= bands.height
        axes = figure.add_axes((_LEFT / _WIDTH, top / height, _plot_width() / _WIDTH, bands.height / height))
        _set_axes(axes, row, bands)
        if row is rows[0]:
            _name_bands(axes, bands)
        drawing = RowDrawing(axes, row, bands, width=_plot_width(), colours=colours, letters=letters)
        drawing.draw(_loudest(row.timeline))
        top -= _TICKS
    draw_legend(figure, legend, columns, _LEFT / _WIDTH)
    return figure


def _plot_width() -> float:
    return _WIDTH - _LEFT - _RIGHT


def _set_axes(axes: "Axes", row: Row, bands: Bands) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter

    axes.set(xlim=(row.start_ms, row.end_ms), ylim=(0, bands.height))
    axes.set_yticks([])
    axes.patch.set_visible(False)
    between_ms = round(1000 * seconds_between_ticks((row.end_ms - row.start_ms) / 1000))
    end_ms = min(row.end_ms, row.timeline.length_ms)
    axes.xaxis.set_major_locator(
        FixedLocator(range(-(-row.start_ms // between_ms) * between_ms, end_ms + 1, between_ms))
    )
    axes.xaxis.set_major_formatter(FuncFormatter(lambda ms, _: clock(ms)[: None if between_ms < 1000 else -2]))
    axes.tick_params(axis="x", length=3, width=0.6, color=MUTED, labelsize=8.5, labelcolor=MUTED, pad=2)
    for side in axes.spines.values():
        side.set_visible(False)


def _name_bands(axes: "Axes", bands: Bands) -> None:
    from matplotlib.transforms import ScaledTranslation, blended_transform_factory

    shift = ScaledTranslation(-0.08, 0, axes.figure.dpi_scale_trans)
    left = blended_transform_factory(axes.transAxes, axes.transData) + shift
    for name, band in (("confidence", bands.bars), ("sound", bands.sound), ("probability", bands.curves)):
        if band is not None:
            axes.text(
                0, (band[0] + band[1]) / 2, name, transform=left, ha="right", va="center", fontsize=8.5, color=MUTED
            )


def _loudest(timeline: Timeline) -> float:
    envelope = timeline.envelope
    return max(0.01, float(max(envelope.high.max(), -envelope.low.min()))) if envelope else 1.0


def _write_title(figure: "Figure", timeline: Timeline, top: float) -> None:
    summary = timeline.summary
    said = f"{printable(verdict(summary.label, summary.p))}   ·   " if summary and summary.p else ""
    lost = f", {timeline.lost_ms / 1000:.1f} s lost" if timeline.lost_ms else ""
    facts = f"{said}{clock(timeline.speech_ms)[:-2]} of speech in {clock(timeline.length_ms)[:-2]}{lost}"
    name = _shortened(_name(timeline), 90)
    figure.text(
        _LEFT / _WIDTH, top, name, ha="left", va="top", fontsize=11, fontweight="bold", color=INK, parse_math=False
    )
    figure.text(1 - _RIGHT / _WIDTH, top, facts, ha="right", va="top", fontsize=9.5, color=INK, parse_math=False)


def _shortened(name: str, most: int) -> str:
    """The end of a long path says more than its beginning."""
    return name if len(name) <= most else f"…{name[1 - most :]}"


def _name(timeline: Timeline) -> str:
    return printable(timeline.source or timeline.hello.stream)


def _title(timelines: Sequence[Timeline]) -> str:
    names = ", ".join(map(_name, timelines[:3]))
    return f"Emotion over time: {names}{' and others' if len(timelines) > 3 else ''}"
