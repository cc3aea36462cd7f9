"""Names and messages for a screen: no byte of a file's name reaches a terminal as a command to it."""


def printable(text: str) -> str:
    """The text on one line, in which what cannot be printed is escaped as in Python: ``\\n``, ``\\x1b``.

    Bytes of a file's name that are not UTF-8 (``os.fsdecode`` makes surrogates of them) are shown as bytes.

    >>> printable("line\\nend"), printable("caf\\udce9")
    ('line\\\\nend', 'caf\\\\xe9')
    """
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in text)


def _escaped(letter: str) -> str:
    if "\udc80" <= letter <= "\udcff":
        return f"\\x{ord(letter) - 0xDC00:02x}"
    return letter.encode("unicode_escape").decode("ascii")
