"""The token that clients on other machines need: from the environment, or from a file that only its owner can read."""

import secrets
from pathlib import Path

from platformdirs import user_data_path

from emostream.errors import UsageError
from emostream.private_file import write_private

FILE = user_data_path("emostream") / "token"
LEAST_CHARACTERS, MOST_CHARACTERS = 16, 512


def load_token(file: Path, *, create: bool) -> str:
    """The token in a file; with ``create`` a missing file is written with a new token. Raises ``UsageError``."""
    try:
        if create and not file.exists():
            write_private(file, f"{secrets.token_urlsafe(32)}\n".encode(), replaces=False)
        return checked_token(file.read_text(encoding="utf-8-sig"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise UsageError(
            f"{file} cannot be used for the token ({reason}): expected one line of {LEAST_CHARACTERS} characters "
            "or more"
        ) from error


def checked_token(text: str, where: str) -> str:
    """The token, checked for length and characters. Raises ``UsageError``, whose message does not hold the token."""
    token = text.strip()
    plain = token.isascii() and token.isprintable() and " " not in token
    if not plain or not LEAST_CHARACTERS <= len(token) <= MOST_CHARACTERS:
        raise UsageError(
            f"the token in {where} cannot be used: expected {LEAST_CHARACTERS} to {MOST_CHARACTERS} printable ASCII "
            "characters without spaces"
        )
    return token
