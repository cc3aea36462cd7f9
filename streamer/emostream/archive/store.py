"""The folder of an archive, on this machine's disks or elsewhere: files that are there as a whole or not at all."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from emostream.archive.locations import file_system, is_url, local_path, reason
from emostream.batch.lock import lock_folder
from emostream.drafts import FULL, draft
from emostream.errors import EmostreamError, UsageError

_WRITER = "writer.json"


class Store:
    """A folder to write to, which is made if need be. ``run`` is another text in each process that opens it.

    On a disk the folder is locked meanwhile. Elsewhere there are no locks: a mark says who opened it last, and
    ``require_ours`` finds it. Raises ``UsageError`` where another process writes there, and ``EmostreamError`` where
    nobody can.
    """

    def __init__(self, place: str) -> None:
        self.place = place
        self.run = secrets.token_hex(4)
        self._lock: int | None = None
        self._folder: Path | None = None
        if not is_url(place):
            self._folder = local_path(place)
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._lock = lock_folder(self._folder)
            except OSError as error:
                raise self._unwritable(error) from error
        else:
            self._system, self._root = file_system(place.rstrip("/"))
            self.write(_WRITER, self.run.encode())

    def close(self) -> None:
        """Let other processes write."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def require_ours(self) -> None:
        """Raise ``UsageError`` where another process has begun to write here since."""
        if self._folder is None and self.read(_WRITER) != self.run.encode():
            raise UsageError(
                f"{self.place} is being written by another emostream since: what this one had not written yet is left "
                "to that one"
            )

    def read(self, name: str) -> bytes | None:
        """The content of a file, None where there is none. Raises ``EmostreamError``."""
        try:
            if self._folder is not None:
                return (self._folder / name).read_bytes()
            return bytes(self._system.cat_file(f"{self._root}/{name}"))
        except FileNotFoundError:
            return None
        except Exception as error:
            raise EmostreamError(f"{self.place}/{name} cannot be read ({reason(error)})") from error

    def write(self, name: str, data: bytes) -> None:
        """Write a file; when this returns it is there, and before that what was there is.

        Raises ``EmostreamError`` where it cannot be written, and ``OSError`` where the disk is full.
        """
        try:
            if self._folder is None:
                self._system.pipe_file(f"{self._root}/{name}", data)  # one request: there as a whole
                return
            with draft(self._folder / name) as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except Exception as error:
            if isinstance(error, OSError) and error.errno in FULL:
                raise
            raise self._unwritable(error, name) from error

    def names(self, folder: str, suffix: str) -> list[str]:
        """The names of the files of a folder that end so, in order."""
        if self._folder is not None:
            return sorted(path.name for path in (self._folder / folder).glob(f"*{suffix}"))
        try:
            self._system.invalidate_cache()
            paths = self._system.ls(f"{self._root}/{folder}", detail=False)
        except FileNotFoundError:
            return []
        except Exception as error:
            raise EmostreamError(f"{self.place}/{folder} cannot be read ({reason(error)})") from error
        return sorted(name for path in paths if (name := path.rpartition("/")[2]).endswith(suffix))

    def remove(self, name: str) -> None:
        """Remove a file, if it is there. Raises ``EmostreamError``."""
        with suppress(FileNotFoundError):
            try:
                if self._folder is not None:
                    (self._folder / name).unlink()
                else:
                    self._system.rm_file(f"{self._root}/{name}")
            except FileNotFoundError:
                raise
            except Exception as error:
                raise EmostreamError(f"{self.place}/{name} cannot be removed ({reason(error)})") from error

    def _unwritable(self, error: Exception, name: str = "") -> EmostreamError:
        place = f"{self.place}/{name}" if name else self.place
        return EmostreamError(f"{place} cannot be written ({reason(error)}): expected a folder that you may write to")
