"""The picture of a training run."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib import color_sequences
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emostream_trainer.figures import save
from emostream_trainer.runs import EpochRecord, SideFigures

COLOURS = color_sequences["tab10"]


def learning_curves(path: Path, histories: Mapping[str, Sequence[EpochRecord]], title: str) -> None:
    """Write ``path`` with .png and .svg: the objective by epoch, a colour a part of the run, and the sides below.

    Cross-entropy, accuracy and UAR are drawn where they are known: whole lines are the training side, dashed ones the
    speakers that are held out.
    """
    known = any(record.training for history in histories.values() for record in history)
    measures = SideFigures.__struct_fields__ if known else ()
    figure = Figure(figsize=(6, 3.6 + 2.2 * len(measures)), layout="constrained")
    first, *others = figure.subplots(1 + len(measures), 1, sharex=True, squeeze=False)[:, 0]
    for number, (part, history) in enumerate(histories.items()):
        colour = COLOURS[number % len(COLOURS)]
        _line(first, [record.objective for record in history], colour, label=part)
        for axes, measure in zip(others, measures, strict=True):
            training = [getattr(record.training, measure) for record in history if record.training]
            validation = [getattr(record.validation, measure) for record in history if record.validation]
            _line(axes, training, colour)
            _line(axes, validation, colour, "--")
    for axes, name in zip([first, *others], ["objective", *measures], strict=True):
        axes.set_ylabel({"loss": "cross-entropy (nats)", "uar": "UAR"}.get(name, name))
        axes.spines[["top", "right"]].set_visible(False)
    first.set_title(title)
    first.legend(frameon=False, ncols=2)
    if others:
        others[0].set_title("whole: training side; dashed: speakers held out", fontsize=9)
    [first, *others][-1].set_xlabel("epoch")
    save(figure, path)


def _line(axes: Axes, values: Sequence[float], colour: object, linestyle: str = "-", label: str | None = None) -> None:
    epochs = range(1, len(values) + 1)
    # With a mark, so that a single epoch is seen too.
    axes.plot(epochs, values, color=colour, linestyle=linestyle, label=label, linewidth=1.5, marker=".")
