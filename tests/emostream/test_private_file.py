import subprocess
import sys
from pathlib import Path

from emostream.private_file import write_private


def test_the_owner_alone_may_read_it_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "token"
    write_private(path, b"secret")
    assert path.read_bytes() == b"secret"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_it_replaces_or_leaves_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "token"
    write_private(path, b"first")
    write_private(path, b"second", replaces=False)
    assert path.read_bytes() == b"first"
    write_private(path, b"third")
    assert path.read_bytes() == b"third"
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_that_fills_up_leaves_what_was_there_before(tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    write_private(path, b"before")
    # No file of this process may be longer than 1,000 bytes: what a full disk is to it, without filling one.
    code = """
import resource, signal, sys
from pathlib import Path
from emostream.private_file import write_private
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_private(Path(sys.argv[1]), b"x" * 100_000)
except OSError as error:
    print(error.strerror)
"""
    ended = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert ended.stdout == "File too large\n"
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]
