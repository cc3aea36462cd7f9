"""``emostream service``: have the system start it, keep it running, and say how it is."""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from platformdirs import user_config_path, user_data_path, user_log_path

from emostream.commands.service.files import LABEL, UNIT, launchd_plist, systemd_unit
from emostream.commands.settings import Settings
from emostream.errors import EmostreamError, UnavailableError, UsageError

ACTIONS = ("install", "status", "uninstall")


def add_arguments(parser: argparse.ArgumentParser, settings: Settings) -> None:
    """The command's options."""
    parser.description = (
        "Have the system start 'emostream serve --microphone' for you, and again when it fails. Settings are those of "
        "the configuration file; --options has more."
    )
    parser.add_argument("action", choices=ACTIONS)
    parser.add_argument("--print", action="store_true", help="install: print the file, and change nothing")
    parser.add_argument("--no-start", action="store_true", help="install: leave it to you to start it")
    parser.add_argument(
        "--options",
        default="",
        metavar="TEXT",
        help="install: options of 'emostream serve', as --options='--port 9000'",
    )
    parser.add_argument(
        "--writable",
        action="append",
        default=[],
        type=Path,
        metavar="FOLDER",
        help="install: a folder that it may write to beside its own data, as for --log; repeat it for several",
    )


def run(arguments: argparse.Namespace) -> int:
    """Install, look at or remove the service. Raises ``UnavailableError`` where there is no service manager."""
    service = _Launchd() if sys.platform == "darwin" else _Systemd()
    if arguments.action == "status":
        return service.status()
    if arguments.action == "uninstall":
        service.uninstall()
        print(f"emostream: {service.path} is removed")
        return 0
    command = [sys.executable, "-m", "emostream", "serve", "--microphone", *_words(arguments.options)]
    content = service.content(command, arguments.writable)
    if arguments.print:
        sys.stdout.buffer.write(content)
        return 0
    service.install(content, start=not arguments.no_start)
    print(f"emostream: {service.path} is installed; {service.advice}")
    return 0


class _Systemd:
    """A unit of the user's own manager."""

    path = user_config_path("systemd") / "user" / UNIT
    advice = (
        f"'systemctl --user status {UNIT}' shows how it is, 'journalctl --user -u {UNIT}' its log; "
        "'loginctl enable-linger' keeps it running while you are logged out"
    )

    def content(self, command: Sequence[str], writable: Sequence[Path]) -> bytes:
        folders = [user_data_path("emostream"), *(folder.absolute() for folder in writable)]
        return systemd_unit([*command, "--log-level", "info"], folders).encode()

    def install(self, content: bytes, *, start: bool) -> None:
        _require("systemctl", "systemd")
        user_data_path("emostream").mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(self.path, content)
        self._run("daemon-reload")
        self._run("enable", *(["--now"] if start else []), UNIT)

    def status(self) -> int:
        _require("systemctl", "systemd")
        return subprocess.run(["systemctl", "--user", "status", "--no-pager", UNIT], check=False).returncode

    def uninstall(self) -> None:
        _require("systemctl", "systemd")
        _require_installed(self.path)
        self._run("disable", "--now", UNIT)
        self.path.unlink()
        self._run("daemon-reload")

    @staticmethod
    def _run(*words: str) -> None:
        _run("systemctl", "--user", *words)


class _Launchd:
    """An agent of the user who is logged in."""

    path = Path.home() / "Library" / "LaunchAgents" / f"{LABEL}.plist"
    log = user_log_path("emostream") / "emostream.log"
    advice = f"'emostream service status' shows how it is, {log} is its log"

    def content(self, command: Sequence[str], _writable: Sequence[Path]) -> bytes:
        return launchd_plist([*command, "--log-level", "info"], self.log)

    def install(self, content: bytes, *, start: bool) -> None:
        _require("launchctl", "launchd")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        _write(self.path, content)
        if start:
            _run("launchctl", "bootstrap", self._domain, str(self.path))

    def status(self) -> int:
        _require("launchctl", "launchd")
        return subprocess.run(["launchctl", "print", f"{self._domain}/{LABEL}"], check=False).returncode

    def uninstall(self) -> None:
        _require("launchctl", "launchd")
        _require_installed(self.path)
        # It may not be loaded: then there is nothing to end.
        subprocess.run(["launchctl", "bootout", f"{self._domain}/{LABEL}"], check=False, capture_output=True)
        self.path.unlink()

    @property
    def _domain(self) -> str:
        return f"gui/{os.getuid()}"


def _words(options: str) -> list[str]:
    try:
        return shlex.split(options)
    except ValueError as error:
        raise UsageError(f"found {options!r} for --options ({error}): expected options as in a shell") from error


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _require(program: str, name: str) -> None:
    if shutil.which(program) is None:
        raise UnavailableError(
            f"found no {program}: expected {name}; start 'emostream serve --microphone' as your system starts services"
        )


def _require_installed(path: Path) -> None:
    if not path.is_file():
        raise EmostreamError(f"found no {path}: expected one that 'emostream service install' wrote")


def _run(*command: str) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        said = ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"]
        raise EmostreamError(f"'{' '.join(command)}' failed: {said[-1]}")
