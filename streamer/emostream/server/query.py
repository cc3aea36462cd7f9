"""Which stream a request asks for: ``?stream=`` in its path."""

from urllib.parse import parse_qs, urlsplit

import msgspec

from emostream.protocol import Name
from emostream.server.context import LIVE


def asked_stream(path: str) -> str:
    """The stream that a request's path asks for: the server's own where it names none, "" where it wants none.

    Raises ``ValueError`` with one line for what is no name.
    """
    name = parse_qs(urlsplit(path).query, keep_blank_values=True).get("stream", [LIVE])[0]
    if name:
        try:
            msgspec.convert(name, Name)
        except msgspec.ValidationError as error:
            raise ValueError("'stream' is no name: expected 1 to 40 of A-Z a-z 0-9 . _ -") from error
    return name
