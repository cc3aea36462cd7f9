"""What a process asks the system for, by strace: connections, and files that it makes or changes."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.processes import ROOT, TIMEOUT_S, environment

_CALLS = "network,openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat"
_NETWORK = re.compile(r"AF_INET6?|AF_NETLINK")
_CALL = re.compile(r"^\d+\s+(?P<call>\w+)\((?P<rest>.*)$")
_WRITES = re.compile(r"O_WRONLY|O_RDWR|O_CREAT")
# Not files on a disk: the terminal, the sound system's shared memory, and what tells of the process itself.
_NO_FILES = ("/dev/", "/proc/", "pipe:", "/memfd:")


class Trace:
    """The calls of a process and its children."""

    def __init__(self, lines: Sequence[str]) -> None:
        calls = [found for line in lines if (found := _CALL.match(line)) and not _failed(line)]
        self.network = [found[0] for found in calls if _NETWORK.search(found["rest"])]
        self.files = [found[0] for found in calls if _changes_a_file(found["call"], found["rest"])]


def traced(
    arguments: Sequence[object], folder: Path, *, env: Mapping[str, str] = {}, until: str | None = None
) -> tuple[int, str, Trace]:
    """Run Python with these arguments, its home and its temporary folder in ``folder``: exit code, output, calls.

    Standard error is part of the output. With ``until`` the process gets SIGTERM once a line holds that text.
    """
    log = folder / "strace.txt"
    home = folder / "home"
    (home / "tmp").mkdir(parents=True)
    ours = {"HOME": str(home), "TMPDIR": str(home / "tmp"), "PYTHONDONTWRITEBYTECODE": "1"}
    inherited = {name: value for name, value in environment(env).items() if not name.startswith("ORT_")}
    # strace would keep a signal to itself, so the process says its number first.
    says_its_number = ["sh", "-c", 'echo $$; exec "$@"', "sh", sys.executable, *map(str, arguments)]
    with subprocess.Popen(
        ["strace", "-f", "-o", log, "-e", f"trace={_CALLS}", *says_its_number],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**inherited, **ours},
        cwd=ROOT,
        text=True,
    ) as process:
        assert process.stdout is not None
        number = int(process.stdout.readline())
        guard = threading.Timer(TIMEOUT_S, os.kill, (number, signal.SIGKILL))
        guard.start()
        lines = []
        for line in process.stdout:
            lines.append(line)
            if until and until in line:
                os.kill(number, signal.SIGTERM)
                until = None
        code = process.wait()
        guard.cancel()
    return code, "".join(lines), Trace(log.read_text(errors="replace").splitlines())


def _failed(line: str) -> bool:
    return " = -1 " in line


def _changes_a_file(call: str, rest: str) -> bool:
    if call in ("open", "openat"):
        path = re.search(r'"([^"]*)"', rest)
        return bool(_WRITES.search(rest)) and not (path and path[1].startswith(_NO_FILES))
    return call in ("creat", "mkdir", "mkdirat", "rename", "renameat", "renameat2", "link", "linkat", "symlink")
