"""An evaluation as a report: ``report.md`` for people, its pictures beside it, ``report.json`` with all numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

NO_FOLDS = "One set of models is no folds: nothing here can be fitted on clips that it is not judged by."
MARKDOWN, NUMBERS = "report.md", "report.json"


@dataclass(frozen=True)
class Table:
    """Cells by row, each row as long as ``columns``; the first column holds the names of rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """The table in Markdown, numbers to the right."""
        rule = ["---", *["--:"] * (len(self.columns) - 1)]
        return "".join(f"| {' | '.join(cells)} |\n" for cells in (self.columns, rule, *self.rows))


@dataclass(frozen=True)
class Section:
    """A part of the report: sentences, tables and names of pictures in their order; ``numbers`` go to the JSON."""

    key: str
    title: str
    body: tuple[str | Table | Path, ...]
    numbers: dict[str, Any] = field(default_factory=dict)

    def markdown(self) -> str:
        """The section in Markdown; pictures by their file name, for they lie beside the report."""
        return f"## {self.title}\n\n" + "\n".join(_block(part, self.title) for part in self.body)


def write_report(out: Path, title: str, facts: dict[str, Any], sections: Sequence[Section]) -> None:
    """Write the report into a folder; ``facts`` stand first, sentences of ``protocol`` before them."""
    lines = [f"- {name.replace('_', ' ')}: {_listed(value)}" for name, value in facts.items() if name != "protocol"]
    head = f"# {title}\n\n{facts['protocol']}\n\n" + "\n".join(lines) + "\n\n"
    (out / MARKDOWN).write_text(head + "\n".join(section.markdown() for section in sections))
    numbers = {**facts, **{section.key: section.numbers for section in sections}}
    (out / NUMBERS).write_bytes(msgspec.json.format(msgspec.json.encode(numbers), indent=2))


def score(value: float | None) -> str:
    """A score from 0 to 1 as tables show it: ``.696``, ``1.000``, a dash for none."""
    return "–" if value is None else f"{value:.3f}".removeprefix("0")


def with_interval(value: float, bounds: tuple[float, float]) -> str:
    """A score and its interval: ``.696 (.65–.73)``."""
    low, high = (f"{bound:.2f}".removeprefix("0") for bound in bounds)
    return f"{score(value)} ({low}–{high})"


def change(value: float, bounds: tuple[float, float]) -> str:
    """A difference of scores and its interval: ``-.012 (-.03 to +.01)``."""
    low, high = (f"{bound:+.2f}".replace("0.", ".") for bound in bounds)
    return f"{value:+.3f} ({low} to {high})".replace("0.", ".", 1)


def percent(value: float | None) -> str:
    """A share as a percentage, a dash for none."""
    return "–" if value is None else f"{value:.1%}"


def _block(part: str | Table | Path, title: str) -> str:
    if isinstance(part, Table):
        return part.markdown()
    return f"![{title}]({part.name})\n" if isinstance(part, Path) else f"{part}\n"


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
