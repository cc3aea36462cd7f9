"""The last minute as a strip: the colour is the label, the height the confidence."""

from collections import Counter
from itertools import groupby

from rich.text import Text

from emostream.sinks.dashboard.state import DashboardState, Moment
from emostream.sinks.drawing import column
from emostream.sinks.palette import UNSURE, WARNING, label_colours, label_letters

SPAN_MS = 60_000
_LEAST_WORD_CELLS = 4
HATCH, DOT, SLASH, DASH = "░", "·", "╱", "–"


def strip(state: DashboardState, cells: int, rows: int) -> list[Text]:
    """``rows`` lines of ``cells`` columns, the newest on the right, on the stream's clock so that none flickers."""
    colours = label_colours(state.labels)
    columns = [_column(moments, rows, colours) for moments in _by_column(state, cells)]
    lines = []
    for row in range(rows):
        line = Text()
        for characters, style in columns:
            line.append(characters[row], style=style)
        lines.append(line)
    return lines


def names(state: DashboardState, cells: int) -> Text:
    """Which label each stretch of the strip shows, as the beginning of its word, or as a letter."""
    colours, letters = label_colours(state.labels), label_letters(state.labels)
    line = Text()
    for label, stretch in groupby(_label(moments) for moments in _by_column(state, cells)):
        room = len(list(stretch))
        word = label if room >= len(label) else label[: room - 1]
        if room < _LEAST_WORD_CELLS:
            word = letters.get(label, "")
        line.append(word.ljust(room)[:room], style=colours.get(label, ""))
    return line


def axis(state: DashboardState, cells: int) -> Text:
    """How far back the strip reaches, and what its marks mean."""
    ago, now = f"{_column_ms(state, cells) * cells / 1000:.0f} s ago", "now"
    legend = f"{HATCH} unsure  {DOT} silence  {SLASH} lost"
    if any(moment.kind == "paused" for moment in state.history):
        legend += f"  {DASH} paused"
    room = cells - len(ago) - len(now)
    return Text().append(ago + (legend if len(legend) + 4 <= room else "").center(room) + now, style="dim")


def _column_ms(state: DashboardState, cells: int) -> int:
    """A whole number of steps, so that every column holds equally many estimates."""
    step_ms = state.hello.step_ms if state.hello is not None else 250
    return max(1, round(SPAN_MS / cells / step_ms)) * step_ms


def _by_column(state: DashboardState, cells: int) -> list[list[Moment]]:
    column_ms = _column_ms(state, cells)
    last = max(state.now_ms - 1, 0) // column_ms
    columns: list[list[Moment]] = [[] for _ in range(cells)]
    for moment in state.history:
        first_column = (
            moment.start_ms // column_ms if moment.kind in ("gap", "paused") else (moment.end_ms - 1) // column_ms
        )
        for index in range(first_column, (moment.end_ms - 1) // column_ms + 1):
            if 0 <= last - index < cells:
                columns[cells - 1 - (last - index)].append(moment)
    return columns


def _column(moments: list[Moment], rows: int, colours: dict[str, str]) -> tuple[str, str]:
    """The characters of one column from the top, and their style; a loss shows whatever else was there."""
    if not moments:
        return " " * rows, ""
    if any(moment.kind == "gap" for moment in moments):
        return SLASH * rows, WARNING
    if any(moment.kind == "paused" for moment in moments):
        return DASH.rjust(rows), "dim"
    kind, label = _most_common(moments)
    if kind == "silence":
        return DOT.rjust(rows), "dim"
    confidences = [moment.confidence for moment in moments if (moment.kind, moment.label) == (kind, label)]
    bars = column(sum(confidences) / len(confidences), rows)
    if kind == "unsure":
        return "".join(HATCH if character != " " else " " for character in bars), UNSURE
    return bars, colours.get(label, UNSURE)


def _label(moments: list[Moment]) -> str:
    """The label that a column shows, "" for none."""
    if not moments or any(moment.kind in ("gap", "paused") for moment in moments):
        return ""
    return _most_common(moments)[1]


def _most_common(moments: list[Moment]) -> tuple[str, str]:
    return Counter((moment.kind, moment.label) for moment in moments).most_common(1)[0][0]
