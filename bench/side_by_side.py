"""Ways to do the same thing, measured in turn in one run: what one costs is said as a multiple of another."""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from emostream.commands.bench import Figure

NAMED = ("emostream", "numpy", "onnxruntime", "torch", "tensorflow-cpu", "librosa", "kaldi-native-fbank", "opensmile")


@dataclass(frozen=True, slots=True)
class Comparison:
    """CPU seconds a unit (such as a second of audio) of each way, one value a run; ratios are to ``base``."""

    title: str
    unit: str
    base: str
    values: dict[str, list[float]]

    def ratio(self, name: str) -> float:
        """How many times as much as the base it costs, by the medians."""
        return statistics.median(self.values[name]) / statistics.median(self.values[self.base])


def compare(
    title: str, unit: str, base: str, ways: Mapping[str, Callable[[], object]], *, units: float, runs: int
) -> Comparison:
    """Run all ways in turn, ``runs`` times after a first one that does not count; each does ``units`` of work."""
    values: dict[str, list[float]] = {name: [] for name in ways}
    for run in range(runs + 1):
        for name, work in ways.items():
            began_s = time.process_time()
            work()
            if run:
                values[name].append((time.process_time() - began_s) / units)
    return Comparison(title, unit, base, values)


def show(console: Console, comparison: Comparison) -> None:
    """Print it as a table."""
    table = Table(
        comparison.title, "median", "least to most", f"times {comparison.base}", box=box.SIMPLE, title_justify="left"
    )
    for name, values in comparison.values.items():
        spread = f"{_milliseconds(min(values))} to {_milliseconds(max(values))}"
        table.add_row(name, f"{_milliseconds(statistics.median(values))} ms", spread, f"{comparison.ratio(name):.2f}")
    console.print(f"CPU time per {comparison.unit}", highlight=False)
    console.print(table)


def show_figures(console: Console, figures: Sequence[Figure]) -> None:
    """Print what stands for itself as a table."""
    table = Table("", "median", "least to most", "", box=box.SIMPLE)
    for figure in figures:
        spread = f"{min(figure.values):.3g} to {max(figure.values):.3g}" if len(figure.values) > 1 else ""
        table.add_row(figure.name, f"{figure.median:.3g}", spread, figure.unit)
    console.print(table)


def write(path: Path, comparisons: Sequence[Comparison], figures: Sequence[Figure]) -> None:
    """All of it as JSON, with the machine and the versions, and beside it as Markdown."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".md").write_text("\n".join(_markdown(comparisons, figures)) + "\n")
    found = {
        "date": time.strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "machine": _machine(),
        "versions": {name: _version(name) for name in NAMED},
        "comparisons": [
            {
                "title": comparison.title,
                "unit": comparison.unit,
                "base": comparison.base,
                "cpu_s": comparison.values,
                "ratio": {name: round(comparison.ratio(name), 3) for name in comparison.values},
            }
            for comparison in comparisons
        ],
        "figures": [{"name": figure.name, "unit": figure.unit, "values": figure.values} for figure in figures],
    }
    path.write_text(json.dumps(found, indent=2) + "\n")


def _markdown(comparisons: Sequence[Comparison], figures: Sequence[Figure]) -> Iterator[str]:
    yield "# What it costs"
    yield ""
    versions = ", ".join(f"{name} {_version(name)}" for name in NAMED)
    yield f"Written by `python -m bench`, {time.strftime('%Y-%m-%d')}: {_machine()}, Python {platform.python_version()}"
    yield f"({versions})."
    yield ""
    yield "Comparisons are of CPU time on one core, all ways in turn in one run: median, least and most."
    for comparison in comparisons:
        yield from ["", f"## {comparison.title}, per {comparison.unit}", ""]
        yield f"| | ms | from, to | times {comparison.base} |"
        yield "|---|--:|---|--:|"
        for name, values in comparison.values.items():
            spread = f"{_milliseconds(min(values))}, {_milliseconds(max(values))}"
            ratio = f"{comparison.ratio(name):.2f}"
            yield f"| {name} | {_milliseconds(statistics.median(values))} | {spread} | {ratio} |"
    yield from ["", "## The daemon", "", "| | | |", "|---|--:|---|"]
    for figure in figures:
        yield f"| {figure.name} | {figure.median:.3g} | {figure.unit} |"


def _machine() -> str:
    return f"{platform.machine()}, {os.cpu_count()} cores"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.3g}"
