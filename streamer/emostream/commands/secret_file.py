"""Files with a secret in them, which no command line shows."""

from pathlib import Path

from emostream.commands.stderr import print_line
from emostream.errors import UsageError
from emostream.private_file import privacy_complaint


def read_secret(file: Path, kind: str) -> str:
    """The text of a file, without what is around it; one that all users can read is said. Raises ``UsageError``.

    ``kind`` is what is in it, such as ``password``.
    """
    text = read_text(file).strip()
    if not text:
        raise UsageError(f"there is no {kind} in {file}: expected one line")
    if complaint := privacy_complaint(file, kind):
        print_line(complaint)
    return text


def read_text(file: Path) -> str:
    """The text of a file that an option names. Raises ``UsageError``."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(f"{file} cannot be read ({reason}): expected a text file") from error
