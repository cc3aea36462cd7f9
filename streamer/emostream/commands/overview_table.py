"""The table of many recordings on a terminal: file, speech, label, confidence, and each label's share."""

import os
from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from emostream.batch.overview import Overview
from emostream.sinks.drawing import clock
from emostream.sinks.palette import label_colours
from emostream.sinks.printable import printable
from emostream.sinks.wording import UNSURE

# More rows than anybody reads: the file has them.
MOST_ROWS = 100
_NOTHING = "—"


def overview_table(overviews: Sequence[Overview]) -> Table:
    """A row for each recording and, where there are several, one for all of them; of very many the last alone.

    Names are without the folder that all recordings are in.
    """
    labels = list(dict.fromkeys(label for row in overviews for label in row.share))
    colours = label_colours(labels)
    table = Table("file", box=box.SIMPLE, show_footer=len(overviews) > 1)
    table.columns[0].footer = f"{len(overviews)} files"
    table.columns[0].overflow = "fold"
    table.add_column("speech", _time(sum(row.speech_s for row in overviews)), justify="right")
    table.add_column("of", _time(sum(row.seconds for row in overviews)), justify="right")
    table.add_column("label")
    table.add_column("confidence", justify="right")
    for label in labels:
        table.add_column(printable(label), _share(_mean_share(overviews, label)), justify="right", style=colours[label])
    n_folder = _len_of_common_folder([row.source for row in overviews])
    for row in overviews if len(overviews) <= MOST_ROWS else ():
        verdict = Text(row.label or UNSURE, colours.get(row.label or "", "dim")) if row.p else Text(_NOTHING, "dim")
        confidence = f"{row.confidence:.0%}" if row.label else ""
        shares = [_share(row.share.get(label, 0.0)) if row.speech_s else "" for label in labels]
        name = Text(printable(row.source[n_folder:]))
        table.add_row(name, _time(row.speech_s), _time(row.seconds), verdict, confidence, *shares)
    return table


def _len_of_common_folder(sources: Sequence[str]) -> int:
    """How many characters of each path name the folder that all are in: the other columns need the room."""
    common = os.path.commonprefix(sources)  # noqa: RUF071 - URLs too; it is cut at a separator below
    return max(common.rfind("/"), common.rfind(os.sep)) + 1


def _mean_share(overviews: Sequence[Overview], label: str) -> float:
    """The mean over the recordings, each weighted by its speech."""
    speech_s = sum(row.speech_s for row in overviews)
    return sum(row.share.get(label, 0.0) * row.speech_s for row in overviews) / speech_s if speech_s else 0.0


def _time(seconds: float) -> str:
    return clock(1000 * seconds)


def _share(share: float) -> str:
    return f"{share:.0%}"
