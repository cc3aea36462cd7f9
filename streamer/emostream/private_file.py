"""Small files that their owner alone may read, written as a whole or not at all."""

import os
import stat
import tempfile
from pathlib import Path


def write_private(path: Path, data: bytes, *, replaces: bool = True) -> None:
    """Write ``data`` beside ``path``, force it to the disk, and give it the name; the folder is made if need be.

    A disk that fills up, or a machine that stops, leaves what was there before. Without ``replaces`` a file that is
    already there stays as it is: of two processes the first wins. Raises ``OSError``.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # of mode 0600
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if replaces:
            draft.replace(path)
        else:
            _name_first(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def privacy_complaint(path: Path, secret: str) -> str | None:
    """A line if every user of this machine may read the ``secret`` in a file. Raises ``OSError``."""
    if os.name == "nt" or not path.stat().st_mode & stat.S_IROTH:
        return None
    return f"every user of this machine can read the {secret} in {path}: chmod 600 {path}"


def _name_first(draft: Path, path: Path) -> None:
    """Give ``draft`` the name ``path``, unless a file has it."""
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return
    except OSError:  # file systems without links, such as those of memory cards
        if not path.exists():
            draft.replace(path)
