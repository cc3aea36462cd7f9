"""What is said at the end of ``emostream archive``: of the whole archive, and of the run."""

from typing import Any

from rich import box
from rich.table import Table

from emostream.archive.schema import VERSION
from emostream.archive.totals import Totals
from emostream.commands.archive.progress import ArchiveProgress
from emostream.commands.stdout import print_table
from emostream.sinks.palette import label_colours
from emostream.sinks.printable import printable


def summary_of(totals: Totals, run: ArchiveProgress) -> dict[str, Any]:
    """The content of ``summary.json``."""
    last = {
        "files": run.files,
        "errors": run.errors,
        "hours": round(run.done_s / 3600, 4),
        "elapsed_s": round(run.elapsed_s, 1),
        "speed": round(run.speed, 2),
    }
    return {"schema": VERSION, **totals.as_json(), "last_run": last}


def print_summary(totals: Totals, run: ArchiveProgress) -> None:
    """The same for people."""
    table = Table("", "archive", "this run", box=box.SIMPLE)
    for column in table.columns[1:]:
        column.justify = "right"
    table.add_row("files", f"{totals.files:,}", f"{run.files:,}")
    table.add_row("could not be read", f"{totals.errors:,}", f"{run.errors:,}")
    table.add_row("hours of audio", f"{totals.seconds / 3600:,.2f}", f"{run.done_s / 3600:,.2f}")
    table.add_row("hours of speech", f"{totals.speech_s / 3600:,.2f}", "")
    table.add_row("utterances", f"{totals.utterances:,}", "")
    shares = totals.shares()
    for label, colour in label_colours(list(shares)).items():
        table.add_row(printable(label), f"{shares[label]:.1%}", "", style=colour)
    if run.files:
        table.add_row("speed", "", f"{run.speed:,.1f} x real time")
    print_table(table)
