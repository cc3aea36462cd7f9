"""The picture of a training run."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


def learning_curves(path: Path, losses: Mapping[str, Sequence[float]], title: str) -> None:
    """Training loss by epoch, one line a part of the run."""
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    for part, values in losses.items():
        # With a mark, so that a single epoch is seen too.
        axes.plot(range(1, len(values) + 1), values, label=part, linewidth=1.5, marker=".")
    axes.set(title=title, xlabel="epoch", ylabel="training loss")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    FigureCanvasAgg(figure).print_figure(path, dpi=150)
