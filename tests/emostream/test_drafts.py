"""Files that have their name once they are whole."""

import os
import stat
from pathlib import Path

import pytest

from emostream.drafts import draft


def test_it_takes_the_name_at_the_end_in_a_folder_that_is_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.txt"
    umask = os.umask(0o027)
    try:
        with draft(path) as file:
            file.write(b"whole")
            assert not path.exists()
        assert path.read_bytes() == b"whole"
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        assert list(path.parent.iterdir()) == [path]
    finally:
        os.umask(umask)


def test_what_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "b.txt"
    path.write_bytes(b"before")

    def fail() -> None:
        with draft(path) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_says_which_file(tmp_path: Path) -> None:
    path = tmp_path / "b.txt"
    with pytest.raises(OSError, match="No space left") as caught, draft(path):
        raise OSError(28, "No space left on device")
    assert caught.value.filename == str(path)
