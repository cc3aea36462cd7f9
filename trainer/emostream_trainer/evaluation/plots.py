"""Pictures of an evaluation, each as PNG and, beside it, as SVG. Legends stand below: they cross no curve."""

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from emostream_trainer.evaluation.selective import Point
from emostream_trainer.figures import save
from emostream_trainer.metrics import CalibrationBin, RiskCoverage

F64 = NDArray[np.float64]

# Of a title's or a legend's letters.
CHARACTERS_AN_INCH = 11
INK, PALE, ACCENT = "#20242c", "#c9ced6", "#3465a4"
# Told apart by the colour-blind too (Okabe & Ito 2008); the first is the one that matters.
PALETTE = (ACCENT, "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")


def confusion_picture(path: Path, counts: NDArray[np.int64], labels: Sequence[str], title: str) -> None:
    """Shares of each true label (rows) that were named what (columns), the counts beneath."""
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    predicted = [*labels, "no verdict"] if counts[:, -1].any() else list(labels)
    figure = Figure(figsize=(1.1 * len(predicted) + 1.6, 0.9 * len(labels) + 1.4), layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares[:, : len(predicted)], cmap="Blues", vmin=0, vmax=1)
    for row in range(len(labels)):
        for column in range(len(predicted)):
            ink = "white" if shares[row, column] > 0.5 else INK
            text = f"{shares[row, column]:.0%}\n{counts[row, column]}"
            axes.text(column, row, text, ha="center", va="center", color=ink, fontsize=9)
    axes.set_xticks(range(len(predicted)), predicted)
    axes.set_yticks(range(len(labels)), labels)
    axes.set(xlabel="named", ylabel="true")
    _title(figure, title)
    _save(path, figure)


def uar_picture(path: Path, rows: Mapping[str, Mapping[str, tuple[float, float, float]]], chance: float) -> None:
    """UAR with its interval, {row: {corpus: (score, low, high)}}: a group of points a corpus, a colour a row."""
    corpora = list(next(iter(rows.values())))
    figure, axes = _figure("UAR on unheard speakers, with 95 % intervals over speakers", (1.5 * len(corpora) + 2.5, 4))
    offsets = np.linspace(-0.3, 0.3, len(rows)) if len(rows) > 1 else [0.0]
    for (name, scores), offset, colour in zip(rows.items(), offsets, _colours(len(rows)), strict=True):
        score, low, high = np.array([scores[corpus] for corpus in corpora]).T
        # A percentile interval need not hold the score itself.
        errors = np.maximum([score - low, high - score], 0)
        axes.errorbar(
            np.arange(len(corpora)) + offset, score, errors, fmt="o", color=colour, capsize=3, markersize=5, label=name
        )
    axes.axhline(chance, color=INK, linewidth=1, linestyle=":", label="chance")
    axes.set_xticks(range(len(corpora)), corpora)
    axes.set(ylabel="UAR", ylim=(0, 1))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    _save(path, figure, axes)


def reliability_picture(path: Path, series: Mapping[str, Sequence[CalibrationBin]], title: str) -> None:
    """Share right by confidence, one line a series; under it how many were named with which confidence."""
    figure = Figure(figsize=(5.2, 5.6), layout="constrained")
    axes, counts = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    axes.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle=":", label="honest")
    for (name, bins), colour in zip(series.items(), PALETTE, strict=False):
        confidence = [each.confidence for each in bins]
        axes.plot(confidence, [each.right for each in bins], marker="o", markersize=4, color=colour, label=name)
        counts.plot(confidence, [each.count for each in bins], marker=".", color=colour)
    axes.set(ylabel="share right", xlim=(0, 1), ylim=(0, 1))
    _title(figure, title)
    counts.set(xlabel="confidence, the probability of the likeliest label", ylabel="clips", ylim=(0, None))
    for each in (axes, counts):
        _plain(each)
    _save(path, figure, axes)


def risk_coverage_picture(path: Path, curves: Mapping[str, RiskCoverage], title: str) -> None:
    """Share wrong among the clips that are named, by the share of clips that are named."""
    figure, axes = _figure(title, (5.6, 4))
    for (name, curve), colour in zip(curves.items(), PALETTE, strict=False):
        axes.plot(curve.coverage, curve.risk, color=colour, linewidth=1.6, label=f"{name} (AURC {curve.area:.3f})")
    axes.set(xlabel="coverage: share of clips named", ylabel="risk: share of them wrong", xlim=(0, 1), ylim=(0, None))
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    _save(path, figure, axes)


def abstention_picture(path: Path, series: Mapping[str, Sequence[Point]], title: str) -> None:
    """Share right and share named by the probability from which on a label is named."""
    figure, axes = _figure(title, (5.6, 4))
    for (name, points), colour in zip(series.items(), PALETTE, strict=False):
        confidence = [point.confidence for point in points]
        axes.plot(confidence, [point.right for point in points], color=colour, label=f"{name}: right, of what is named")
        coverage = [point.coverage for point in points]
        axes.plot(confidence, coverage, color=colour, linestyle="--", label=f"{name}: named")
    axes.set(xlabel="a label is named from this probability on", ylabel="share", ylim=(0, 1))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    _save(path, figure, axes)


def delay_picture(path: Path, delays_s: Mapping[str, F64], title: str) -> None:
    """Share of clips that have had a label, by time since speech began; infinite delays never come."""
    figure, axes = _figure(title, (5.6, 4))
    came = [delay for delays in delays_s.values() for delay in delays if np.isfinite(delay)]
    end_s = max(3.0, float(np.percentile(came, 99))) if came else 3.0
    for (name, delays), colour in zip(delays_s.items(), PALETTE, strict=False):
        t = np.sort(delays[np.isfinite(delays)])
        share = np.arange(1, len(t) + 1) / max(len(delays), 1)
        axes.step(
            np.r_[0, t, end_s], np.r_[0, share, share[-1:] if len(t) else 0], where="post", color=colour, label=name
        )
    axes.set(xlabel="time since speech began, s", ylabel="share of clips", xlim=(0, end_s), ylim=(0, 1))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    _save(path, figure, axes)


def noise_picture(
    path: Path, ratios: Sequence[str], series: Mapping[str, Sequence[tuple[float, float, float]]], chance: float
) -> None:
    """UAR with its interval (score, low, high) at each signal-to-noise ratio, one line a kind of noise."""
    figure, axes = _figure("UAR behind noise, mean of corpora", (5.6, 4))
    x = np.arange(len(ratios))
    for (name, scores), colour in zip(series.items(), PALETTE, strict=False):
        score, low, high = np.array(scores).T
        axes.plot(x, score, marker="o", markersize=4, color=colour, label=name)
        axes.fill_between(x, low, high, color=colour, alpha=0.12, linewidth=0)
    axes.axhline(chance, color=INK, linewidth=1, linestyle=":", label="chance")
    axes.set_xticks(x, ratios)
    axes.set(xlabel="signal-to-noise ratio", ylabel="UAR", ylim=(0, 1))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    _save(path, figure, axes)


def falls_picture(path: Path, falls: Mapping[str, tuple[float, float, float]], most: Mapping[str, float]) -> None:
    """How far UAR falls (fall, low, high) under each disturbance, a line each, beside the most that it may by name."""
    figure, axes = _figure("Fall of UAR against clean, with 95 % intervals over speakers", (6, 0.4 * len(falls) + 1.6))
    places = {name: -i for i, name in enumerate(falls)}
    fall, low, high = np.array(list(falls.values())).T
    errors = np.maximum([fall - low, high - fall], 0)
    axes.errorbar(
        fall, list(places.values()), xerr=errors, fmt="o", color=ACCENT, capsize=3, markersize=5, label="fall"
    )
    bounds = [places[name] for name in most]
    axes.plot(list(most.values()), bounds, "|", color=PALETTE[1], markersize=14, markeredgewidth=2, label="at most")
    axes.axvline(0, color=INK, linewidth=1, linestyle=":")
    axes.set_yticks(list(places.values()), list(places))
    axes.set(xlabel="UAR, clean less disturbed")
    _save(path, figure, axes)


def _figure(title: str, size: tuple[float, float]) -> tuple[Figure, Axes]:
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    _title(figure, title)
    _plain(axes)
    return figure, axes


def _title(figure: Figure, title: str) -> None:
    """Over the whole figure, in as many lines as its width needs."""
    characters = int(CHARACTERS_AN_INCH * figure.get_figwidth())
    figure.suptitle("\n".join(textwrap.wrap(title, characters)), fontsize=11)


def _save(path: Path, figure: Figure, axes: Axes | None = None) -> None:
    """Write the PNG and the SVG, with the legend of ``axes`` below in as many columns as there is room for."""
    if axes:
        handles, names = axes.get_legend_handles_labels()
        room = int(CHARACTERS_AN_INCH * figure.get_figwidth()) // (max(map(len, names)) + 8)
        figure.legend(handles, names, loc="outside lower center", ncols=min(max(room, 1), 3), frameon=False, fontsize=9)
    save(figure, path)


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=PALE, linewidth=0.5, alpha=0.6)
    axes.set_axisbelow(True)


def _colours(count: int) -> list[str]:
    """As many colours as rows; the last row, which the report is about, has the accent."""
    return [PALETTE[1:][i % (len(PALETTE) - 1)] for i in range(count - 1)] + [ACCENT]
