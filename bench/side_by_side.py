"""Ways to do the same thing, measured in turn in one run: what one costs is said as a multiple of another."""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from streamer.commands.bench import Figure

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
    """All of it as JSON, with the machine and the versions."""
    found = {
        "date": time.strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "load": os.getloadavg()[0],
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
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=2) + "\n")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.3g}"
