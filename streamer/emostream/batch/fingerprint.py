"""What recordings are read by, as one short text: the same text, the same events."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def fingerprint(files: Iterable[Path], *options: object) -> str:
    """Of the content of ``files`` and the ``repr`` of each option. Raises ``OSError``."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    digest.update(repr(options).encode("utf-8", "backslashreplace"))
    return digest.hexdigest()[:16]
