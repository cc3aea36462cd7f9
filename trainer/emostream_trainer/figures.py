"""Figures as files: PNG to look at, SVG to put into a paper."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


def save(figure: Figure, path: Path) -> None:
    """Write ``path`` with .png and .svg. The same figure gives the same bytes: a repository sees what changed."""
    FigureCanvasAgg(figure).print_figure(path.with_suffix(".png"), dpi=150)
    with mpl.rc_context({"svg.hashsalt": "emostream"}):
        figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})
