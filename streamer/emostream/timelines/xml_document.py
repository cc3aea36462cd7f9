"""XML written piece by piece: a document of a whole day needs no memory."""

import html
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TextIO

from emostream.sinks.printable import printable

_INDENT = "  "


class XmlDocument:
    """Writes elements to ``text``. What XML cannot hold, such as control characters, is escaped as on a screen."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._depth = 0
        text.write('<?xml version="1.0" encoding="UTF-8"?>\n')

    @contextmanager
    def element(self, tag: str, attributes: Mapping[str, object] = {}) -> Iterator[None]:
        """An element around those that are written in the block."""
        self._line(f"<{tag}{_attributes(attributes)}>")
        self._depth += 1
        yield
        self._depth -= 1
        self._line(f"</{tag}>")

    def leaf(self, tag: str, attributes: Mapping[str, object] = {}, words: str | None = None) -> None:
        """An element with nothing but words in it, or nothing at all."""
        begin = f"{tag}{_attributes(attributes)}"
        if words is None:
            self._line(f"<{begin}/>")
        else:
            self._line(f"<{begin}>{html.escape(printable(words), quote=False)}</{tag}>")

    def _line(self, line: str) -> None:
        self._text.write(f"{_INDENT * self._depth}{line}\n")


def _attributes(attributes: Mapping[str, object]) -> str:
    """The attributes as they stand in a tag, without those that are None.

    >>> _attributes({"name": 'a "b" & c', "left out": None, "n": 3})
    ' name="a &quot;b&quot; &amp; c" n="3"'
    """
    given = {name: value for name, value in attributes.items() if value is not None}
    return "".join(f' {name}="{html.escape(printable(str(value)))}"' for name, value in given.items())
