"""The doctor's findings for people: one line each, and below it what to do."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from emostream.commands.stdout import print_to_console
from emostream.doctor.finding import Finding, Verdict
from emostream.sinks.palette import WARNING
from emostream.sinks.printable import printable

_STYLES = {Verdict.OK: "dim", Verdict.UNKNOWN: "dim", Verdict.WARNING: "bold", Verdict.PROBLEM: f"bold {WARNING}"}
_VERDICT_CELLS, _CHECK_CELLS = 9, 19


@dataclass(frozen=True)
class Part:
    """What was looked at, and what was found there."""

    name: str
    findings: Sequence[Finding]


def print_report(parts: Sequence[Part]) -> None:
    """Print all parts and one line on the whole."""

    def draw(console: Console) -> None:
        for part in parts:
            console.print(Text(printable(part.name), "bold"))
            for finding in part.findings:
                _draw(console, finding)
            console.print()
        console.print(Text(conclusion([finding for part in parts for finding in part.findings])))

    print_to_console(draw)


def conclusion(findings: Sequence[Finding]) -> str:
    """How many problems and warnings there are.

    >>> conclusion([Finding("level", Verdict.WARNING, "quiet")])
    'no problem, 1 warning'
    """
    problems, warnings = (sum(f.verdict is verdict for f in findings) for verdict in (Verdict.PROBLEM, Verdict.WARNING))
    if not problems and not warnings:
        return "all is well" if findings else "nothing was judged"
    counted = f"{problems or 'no'} problem{'' if problems <= 1 else 's'}"
    return f"{counted}, {warnings or 'no'} warning{'' if warnings <= 1 else 's'}"


def _draw(console: Console, finding: Finding) -> None:
    line = Text(f"  {finding.verdict:<{_VERDICT_CELLS}}", _STYLES[finding.verdict])
    line.append(f"{finding.check:<{_CHECK_CELLS}}", "default")
    column = line.cell_len
    is_narrow = console.width < 2 * column
    lines = Text(printable(finding.found), "default").wrap(console, max(console.width - column, 20))
    for index, found in enumerate(lines):
        console.print((line if index == 0 else Text(" " * column)).append_text(found))
    if finding.advice:
        indent = 4 if is_narrow else column
        console.print(Padding(Text(f"→ {printable(finding.advice)}"), (0, 0, 0, indent)))
