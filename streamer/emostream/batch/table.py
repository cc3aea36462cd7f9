"""The table of many recordings as CSV: one row each, those that could not be read among them."""

import csv
from collections.abc import Iterable, Sequence
from typing import BinaryIO

from emostream.batch.overview import Overview
from emostream.timelines.text_file import text_file

FILE = "summary.csv"


def write_table(overviews: Sequence[Overview], failures: Iterable[tuple[str, str]], file: BinaryIO) -> None:
    """A header, the rows in order, then (name, reason) of each recording that could not be read, with ``error``.

    ``error`` of the others says what was missing at their end, if anything. A label that models of another run had has
    a column too; what is not known is an empty cell.
    """
    labels = list(dict.fromkeys(label for row in overviews for label in row.share))
    shares, probabilities = [f"share_{label}" for label in labels], [f"p_{label}" for label in labels]
    names = ["file", "seconds", "speech_s", "lost_s", "label", "confidence", *shares, *probabilities, "error"]
    with text_file(file) as text:
        writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(_row(overview) for overview in overviews)
        writer.writerows({"file": name, "error": reason} for name, reason in failures)


def _row(overview: Overview) -> dict[str, object]:
    return {
        "file": overview.source,
        "seconds": f"{overview.seconds:.3f}",
        "speech_s": f"{overview.speech_s:.3f}",
        "lost_s": f"{overview.lost_s:.3f}",
        "label": overview.label or "",
        "confidence": overview.confidence if overview.p else "",
        **{f"share_{label}": share for label, share in overview.share.items()},
        **{f"p_{label}": p for label, p in overview.p.items()},
        "error": overview.trouble or "",
    }
