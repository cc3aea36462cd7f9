"""Draws the curves of docs/report-2024.md, and prints its tables, from what the other two modules measured.

python -m bench.report_2024.curves
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from rich.console import Console
from rich.table import Table

from bench.report_2024 import results
from emostream_trainer.figures import save

TRAINING, VALIDATION = "#0072b2", "#d55e00"
# Of the 1-D network, what the report had trained CREMA-D for; the 2-D one's rows are read at their end.
EPOCHS_1D = 30

Run = Sequence[Mapping[str, Any]]


def main() -> None:
    """Draw and print."""
    of_1d, of_2d = by_row("mfcc_cnn1d"), by_row("mel_cnn2d")
    draw("curves_1d", of_1d, ("as the report", "noise augmentation"))
    draw("curves_2d", of_2d, ("as the report", "direct", "0 to 255"))
    console = Console(width=130)
    console.print(table("mfcc_cnn1d", of_1d, EPOCHS_1D))
    console.print(table("mel_cnn2d", of_2d, None))


def by_row(network: str) -> dict[str, list[Run]]:
    """The epochs of each seed of each row."""
    rows: dict[str, dict[int, list[Mapping[str, Any]]]] = {}
    for line in results.read(network):
        rows.setdefault(line["row"], {}).setdefault(line["seed"], []).append(line)
    return {row: list(seeds.values()) for row, seeds in rows.items()}


def draw(name: str, rows: Mapping[str, Sequence[Run]], chosen: Sequence[str]) -> None:
    """Loss above accuracy, a column a row of the table, a thin line a seed; as PNG and SVG."""
    there = [row for row in chosen if row in rows]
    figure = Figure(figsize=(3.4 * len(there), 4.8), layout="constrained")
    grid = figure.subplots(2, len(there), sharex="col", sharey="row", squeeze=False)
    for column, row in enumerate(there):
        for place, (measure, title) in enumerate((("loss", "cross-entropy (nats)"), ("accuracy", "accuracy"))):
            axes = grid[place, column]
            for side, colour in (("training", TRAINING), ("validation", VALIDATION)):
                for number, run in enumerate(rows[row]):
                    values = [line[f"{side}_{measure}"] for line in run]
                    label = side if number == 0 else None
                    axes.plot(range(1, len(values) + 1), values, color=colour, linewidth=1, label=label)
            chance = np.log(3) if measure == "loss" else 1 / 3
            axes.axhline(chance, color="0.6", linewidth=0.8, linestyle=":", label="chance")
            axes.spines[["top", "right"]].set_visible(False)
            if column == 0:
                axes.set_ylabel(title)
        grid[0, column].set_title(row, fontsize=10)
        grid[1, column].set_xlabel("epoch")
        grid[1, column].xaxis.set_major_locator(MaxNLocator(integer=True))
    grid[0, 0].legend(frameon=False, fontsize=8)
    save(figure, results.FOLDER / name)


def table(title: str, rows: Mapping[str, Sequence[Run]], epoch: int | None) -> Table:
    """Means over seeds at an epoch, or at the last; and where the validation loss was lowest."""
    figures = Table(title=title)
    for heading in ("row", "seeds", "epochs", "training loss", "acc.", "validation loss", "acc.", "lowest at epoch"):
        figures.add_column(heading)
    for row, runs in rows.items():
        at = [run[min(epoch or len(run), len(run)) - 1] for run in runs]
        lowest = [min(run, key=lambda line: line["validation_loss"])["epoch"] for run in runs]
        means = [
            np.mean([line[f"{side}_{measure}"] for line in at])
            for side in ("training", "validation")
            for measure in ("loss", "accuracy")
        ]
        accuracies = [line["validation_accuracy"] for line in at]
        figures.add_row(
            row,
            str(len(runs)),
            str(at[0]["epoch"]),
            *(f"{mean:.3f}" for mean in means[:3]),
            f"{means[3]:.3f} ({min(accuracies):.3f} to {max(accuracies):.3f})",
            ", ".join(map(str, lowest)),
        )
    return figures


if __name__ == "__main__":
    main()
