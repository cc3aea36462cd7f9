"""Where recordings lie: on this machine's disks, or wherever fsspec reaches (``s3://``, ``gs://``, ``https://``)."""

import errno
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from emostream.drafts import FULL
from emostream.errors import NoInputError, UsageError

_URL = re.compile(r"([A-Za-z0-9+.-]+::)*[A-Za-z][A-Za-z0-9+.-]*://")
_FILE = "file://"


def is_url(place: str) -> bool:
    """Whether it is a URL of another place than this machine's disks."""
    return bool(_URL.match(place)) and not place.startswith(_FILE)


def local_path(place: str) -> Path:
    """The path of a place that is no URL, or is one of this machine's disks."""
    return Path(place.removeprefix(_FILE))


def absolute(place: str) -> str:
    """A URL as it is, a path from the root on; links stay links."""
    return place if is_url(place) else os.path.abspath(local_path(place))  # noqa: PTH100


def parent(url: str) -> str:
    """The URL of the folder that a URL's file is in."""
    before, path, behind = _parts(url)
    return f"{before}{path.rpartition('/')[0]}{behind}"


def child(url: str, path: str) -> str:
    """The URL of what lies in a URL's folder.

    >>> child("zip://in::s3://bucket/all.zip", "a.wav")
    'zip://in/a.wav::s3://bucket/all.zip'
    """
    before, folder, behind = _parts(url)
    return f"{before}{folder.rstrip('/')}/{path}{behind}"


def _parts(url: str) -> tuple[str, str, str]:
    """A chain of URLs in three: what stands before the path, the path, and where that lies."""
    links = url.split("::")
    index = next(number for number, link in enumerate(links) if "://" in link)
    protocol, _, path = links[index].partition("://")
    before = "".join(f"{link}::" for link in links[:index]) + f"{protocol}://"
    return before, path, "".join(f"::{link}" for link in links[index + 1 :])


def file_system(url: str) -> tuple[Any, str]:
    """fsspec's file system for a URL, and the path within it. Raises ``UsageError`` for what fsspec cannot open."""
    import fsspec

    try:
        return fsspec.core.url_to_fs(url)  # type: ignore[no-any-return]
    except ImportError as error:
        raise UsageError(f"{url} cannot be reached: {_one_line(error)}") from error
    except ValueError as error:
        raise UsageError(f"{url} cannot be reached: {_one_line(error)}; expected such as s3://bucket/folder") from error


def read_place(place: str) -> bytes:
    """All bytes of a file, wherever it is. Raises ``NoInputError``."""
    try:
        if not is_url(place):
            return local_path(place).read_bytes()
        system, path = file_system(place)
        return bytes(system.cat_file(path))
    except Exception as error:
        raise NoInputError(f"{place} cannot be read ({reason(error)})") from error


@contextmanager
def on_disk(location: str, name: str) -> Iterator[Path]:
    """A path of the file: its own, or that of a copy as long as the block runs.

    Raises ``NoInputError`` where it cannot be copied, and ``OSError`` where there is no room for it.
    """
    if not is_url(location):
        yield local_path(location)
        return
    with tempfile.TemporaryDirectory(prefix="emostream-") as folder:
        copy = Path(folder) / f"audio{PurePosixPath(location.partition('::')[0]).suffix}"
        try:
            system, path = file_system(location)
            system.get_file(path, str(copy))
        except Exception as error:
            if isinstance(error, OSError) and error.errno in FULL:
                raise
            raise NoInputError(f"{name} cannot be copied here ({reason(error)})") from error
        yield copy


def reason(error: Exception) -> str:
    """Why something far away did not work, in a line."""
    if isinstance(error, FileNotFoundError):
        return os.strerror(errno.ENOENT)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return _one_line(error)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
