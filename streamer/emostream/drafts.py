"""Files that have their name only once they are whole."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_MODE = 0o666  # less what the user's umask takes away, as with any new file


@contextmanager
def draft(path: Path) -> Iterator[BinaryIO]:
    """A file beside ``path`` to write to, which takes the name when the block ends and is removed when it fails.

    So what was there before stays until all of the new content is there, and whoever looks sees one or the other. The
    folder is made if need be. Raises ``OSError``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".emostream-", dir=path.parent)
    unnamed = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
        unnamed.chmod(_MODE & ~_umask())
        unnamed.replace(path)
    except OSError as error:
        error.filename = error.filename or str(path)  # an open file does not say its name
        raise
    finally:
        unnamed.unlink(missing_ok=True)


def _umask() -> int:
    """This process's umask, which cannot be read without being set."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
