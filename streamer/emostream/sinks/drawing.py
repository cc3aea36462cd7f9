"""Times, words and bars measured in terminal cells."""

from rich.cells import cell_len
from rich.text import Text

EIGHTHS = " ▁▂▃▄▅▆▇█"


def clock(ms: float) -> str:
    """``mm:ss.s``, with hours in front when there are any.

    >>> clock(83_250), clock(3_600_000)
    ('01:23.2', '1:00:00.0')
    """
    tenths = int(ms) // 100
    minutes, tenths = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    front = f"{hours}:" if hours else ""
    return f"{front}{minutes:02}:{tenths // 10:02}.{tenths % 10}"


def duration(seconds: float) -> str:
    """A time as a person says it.

    >>> duration(42), duration(430), duration(7_500)
    ('42 s', '7 min', '2 h 05 min')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


def padded(name: str, cells: int) -> str:
    """``name`` filled with blanks to ``cells`` terminal cells."""
    return name + " " * (cells - cell_len(name))


def words(text: str, style: str) -> Text:
    """``text`` in ``style``, which does not spread to what is appended later."""
    return Text().append(text, style=style)


def spread(left: Text, right: Text, cells: int) -> Text:
    """``left`` and ``right`` at the two ends of a line; ``left`` gives way, without any room ``right`` is left out."""
    room = cells - right.cell_len
    if room < 8:
        return left
    left.truncate(room - 2, overflow="ellipsis")
    return left.append(" " * (room - left.cell_len)).append_text(right)


def bar(fraction: float, cells: int) -> tuple[str, str]:
    """A horizontal bar as its filled part and its empty track, together ``cells`` wide, to half a cell.

    >>> bar(0.5, 4), bar(0.4, 4)
    (('━━', '──'), ('━╾', '──'))
    """
    halves = round(min(max(fraction, 0.0), 1.0) * cells * 2)
    full, half = divmod(halves, 2)
    return "━" * full + "╾" * half, "─" * (cells - full - half)


def column(fraction: float, rows: int) -> str:
    """A vertical bar, one character per row from the top, to an eighth of a row; never quite empty.

    >>> column(0.75, 2)
    '▄█'
    """
    eighths = max(1, round(min(max(fraction, 0.0), 1.0) * rows * 8))
    return "".join(EIGHTHS[min(max(eighths - 8 * below, 0), 8)] for below in reversed(range(rows)))
