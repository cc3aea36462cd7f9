"""Pictures of a training run and of an evaluation, as PNG."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

mpl.use("Agg")

INK, ACCENT = "#20242c", "#3465a4"


def learning_curves(path: Path, losses: dict[str, Sequence[float]], title: str) -> None:
    """Training loss by epoch, one line a part of the run."""
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    for part, values in losses.items():
        # With a mark, so that a single epoch is seen too.
        axes.plot(range(1, len(values) + 1), values, label=part, linewidth=1.5, marker=".")
    axes.set(title=title, xlabel="epoch", ylabel="training loss")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=150)


def confusion_picture(path: Path, counts: NDArray[np.int64], labels: Sequence[str], title: str) -> None:
    """Shares of each true label (rows) that were named what (columns), the counts beneath."""
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    named = [*labels, "no verdict"] if counts[:, -1].any() else list(labels)
    figure = Figure(figsize=(1.1 * len(named) + 1.6, 0.9 * len(labels) + 1.4), layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares[:, : len(named)], cmap="Blues", vmin=0, vmax=1)
    for row in range(len(labels)):
        for column in range(len(named)):
            ink = "white" if shares[row, column] > 0.5 else INK
            text = f"{shares[row, column]:.0%}\n{counts[row, column]}"
            axes.text(column, row, text, ha="center", va="center", color=ink, fontsize=9)
    axes.set_xticks(range(len(named)), named)
    axes.set_yticks(range(len(labels)), labels)
    axes.set(title=title, xlabel="named", ylabel="true")
    figure.savefig(path, dpi=150)
