"""Text for a file of bytes: UTF-8 with Unix line ends, wherever it is written."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, TextIO


@contextmanager
def text_file(file: BinaryIO) -> Iterator[TextIO]:
    """``file`` as text; bytes of a file's name that are not UTF-8 are written as ``\\udc80`` to ``\\udcff``."""
    text = io.TextIOWrapper(file, encoding="utf-8", errors="backslashreplace", newline="")
    try:
        yield text
        text.flush()
    finally:
        text.detach()
