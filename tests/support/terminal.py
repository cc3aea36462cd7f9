"""A terminal of a known size, whose screen can be read."""

import shutil
import subprocess
import tempfile
import threading
import time
from typing import Self

from tests.support.processes import ROOT, TIMEOUT_S, environment


class Terminal:
    """A tmux of its own with a shell in it."""

    def __init__(self, columns: int, lines: int, env: dict[str, str]) -> None:
        if shutil.which("tmux") is None:
            raise RuntimeError("tmux was not found: apt install tmux")
        self._folder = tempfile.mkdtemp(prefix="terminal-")
        self._tmux = ["tmux", "-u", "-f", "/dev/null", "-S", f"{self._folder}/socket"]
        size = ("-x", str(columns), "-y", str(lines))
        command = [*self._tmux, "new-session", "-d", *size, "-c", str(ROOT), "exec sh"]
        subprocess.run(command, check=True, env=environment(env | {"PS1": "$ "}))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._run("kill-server")
        shutil.rmtree(self._folder)

    def type(self, *keys: str) -> None:
        self._run("send-keys", *keys)

    def screen(self) -> str:
        return self._run("capture-pane", "-p")

    def says(self, variable: str) -> str:
        return self._run("display-message", "-p", f"#{{{variable}}}").strip()

    def wait_for(self, *texts: str, timeout_s: float = TIMEOUT_S) -> str:
        """The screen once it shows all of ``texts``. There is no event to wait for: it is looked at now and then."""
        deadline_s = time.monotonic() + timeout_s
        while not all(text in (screen := self.screen()) for text in texts):
            assert time.monotonic() < deadline_s, f"expected {texts} on\n{screen}"
            threading.Event().wait(0.2)
        return screen

    def _run(self, *arguments: str) -> str:
        return subprocess.run([*self._tmux, *arguments], check=True, capture_output=True, text=True).stdout
