"""Files that have their name only once they are whole, and what is said where they cannot be written."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from emostream.errors import EmostreamError

# Nothing more can be written, whichever file it is.
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
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


@contextmanager
def unwritable_is_one_line() -> Iterator[None]:
    """Raise ``EmostreamError``, which says what could not be written, in place of an ``OSError``.

    A disk that is full and a reader that has gone stay what they are: they are the end of all that is written.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.errno in FULL:
            raise
        raise EmostreamError(
            f"{error.filename} cannot be written ({error.strerror}): expected a folder that you may write to"
        ) from error


def _umask() -> int:
    """This process's umask, which cannot be read without being set."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
