"""A diary as Markdown, with the tables of GitHub and others."""

import re
from collections.abc import Iterator

from emostream.diaries.diary import Diary
from emostream.diaries.tables import ABOUT, LOUDNESS_NOTE, day_lead, day_title, lead, tables, title
from emostream.sinks.printable import printable

_SPECIAL = re.compile(r"([\\`*_\[\]<>|#])")


def markdown(diary: Diary) -> str:
    """The whole document, which ends with a line break."""
    return "\n".join(_lines(diary)) + "\n"


def _lines(diary: Diary) -> Iterator[str]:
    yield from (f"# {_words(title(diary))}", "", _words(lead(diary)), "", f"> {ABOUT}", "")
    for day in diary.days:
        yield from (f"## {day_title(day)}", "", day_lead(day), "")
        for caption, (header, rows) in tables(diary, day):
            yield from (f"### {caption}", "", _row(header), _row(["---", *["--:"] * (len(header) - 1)], escaped=False))
            yield from map(_row, rows)
            yield ""
    yield LOUDNESS_NOTE


def _row(cells: list[str], *, escaped: bool = True) -> str:
    return f"| {' | '.join(map(_words, cells) if escaped else cells)} |"


def _words(text: str) -> str:
    """Text that means itself.

    >>> _words("so *happy* | too")
    'so \\\\*happy\\\\* \\\\| too'
    """
    return _SPECIAL.sub(r"\\\1", printable(text))
