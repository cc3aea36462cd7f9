"""Characters for terminals and files that are not UTF-8: bars, lines and dots have plain ones of the same width."""

import codecs
import sys
from io import TextIOWrapper

_HANDLER = "emostream.plain"
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("█▉▊▋▌▇▆", "#"),
        **dict.fromkeys("▍▎▏▅▄▀━", "="),
        **dict.fromkeys("▃▂▁", "_"),
        **dict.fromkeys("─–—‒−╾╸╺╼", "-"),
        **dict.fromkeys("│┃", "|"),
        **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯", "+"),
        **dict.fromkeys("●◆", "*"),
        **dict.fromkeys("○◌", "o"),
        **dict.fromkeys("·•", "."),
        **dict.fromkeys("░▒▓", ":"),
        **dict.fromkeys("‘’", "'"),
        **dict.fromkeys("“”", '"'),
        "╱": "/",
        "→": ">",
        "←": "<",
        "×": "x",
        "…": "~",
        "±": "~",
    }
)


def use_plain_characters() -> None:
    """Have standard output and standard error write what their encoding lacks with plain characters, or as ``?``."""
    codecs.register_error(_HANDLER, _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=_HANDLER)


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(_PLAIN)
    return "".join(character if character.isascii() else "?" for character in text), error.end
