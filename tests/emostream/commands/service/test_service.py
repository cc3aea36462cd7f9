"""The service's files, held by systemd's own tools, and what is asked of the service manager."""

import os
import plistlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from emostream.commands.service.files import LABEL, UNIT, launchd_plist, systemd_unit
from emostream.errors import UNAVAILABLE, USAGE
from tests.support.processes import assert_one_line, emostream

MOST_EXPOSED = 3.0


def unit_file(folder: Path, *command: str) -> Path:
    path = folder / UNIT
    path.write_text(systemd_unit(command, [folder / "data", folder / "more of it"]))
    return path


def analyze(*words: object) -> subprocess.CompletedProcess[str]:
    assert shutil.which("systemd-analyze"), "systemd-analyze was not found: apt install systemd"
    command = ["systemd-analyze", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_systemd_takes_the_unit_and_finds_it_little_exposed(tmp_path: Path) -> None:
    path = unit_file(tmp_path, "/bin/true")
    verified = analyze("verify", path)
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")
    said = analyze("security", "--offline=true", path).stdout
    level = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
    assert level is not None
    assert float(level[1]) < MOST_EXPOSED


def test_a_path_with_all_that_systemd_replaces_is_the_path(tmp_path: Path) -> None:
    """As systemd itself reads the line: it says where a program is missing."""
    folder = tmp_path / "100% of a folder"
    folder.mkdir()
    program = folder / "python"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert analyze("verify", unit_file(tmp_path, str(program))).returncode == 0
    program.unlink()
    missing = analyze("verify", unit_file(tmp_path, str(program)))
    assert missing.returncode != 0
    assert str(program) in missing.stderr


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """A home, and a systemctl that notes what it is asked."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "systemctl").write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\nexit ${{SYSTEMCTL_CODE:-0}}\n')
    (programs / "systemctl").chmod(0o755)
    return {
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "PATH": f"{programs}:{os.environ['PATH']}",
    }


def asked(home: dict[str, str]) -> list[str]:
    return (Path(home["HOME"]) / "asked").read_text().splitlines()


def test_it_is_installed_looked_at_and_removed(home: dict[str, str]) -> None:
    unit = Path(home["XDG_CONFIG_HOME"]) / "systemd" / "user" / UNIT
    said = emostream("service", "install", "--options=--quiet 22:00-07:00", env=home)
    assert (said.returncode, said.stderr) == (0, "")
    assert f"{unit} is installed" in said.stdout
    assert "-m emostream serve --microphone --quiet 22:00-07:00 --log-level info" in unit.read_text()
    assert f"ReadWritePaths=-{home['XDG_DATA_HOME']}/emostream\n" in unit.read_text()
    assert asked(home) == ["--user daemon-reload", f"--user enable --now {UNIT}"]
    assert emostream("service", "status", env=home | {"SYSTEMCTL_CODE": "3"}).returncode == 3
    said = emostream("service", "uninstall", env=home)
    assert said.returncode == 0
    assert not unit.exists()
    assert asked(home)[-2:] == [f"--user disable --now {UNIT}", "--user daemon-reload"]
    said = emostream("service", "uninstall", env=home)
    assert said.returncode == 1
    assert_one_line(said.stderr, str(unit), "expected one that 'emostream service install' wrote")


def test_printing_it_changes_nothing(home: dict[str, str]) -> None:
    said = emostream("service", "install", "--print", "--writable", "/var/log/voices", env=home)
    assert said.returncode == 0
    assert " -/var/log/voices\n" in said.stdout
    assert not (Path(home["HOME"]) / "asked").exists()


def test_what_cannot_be_done_is_one_line(home: dict[str, str], tmp_path: Path) -> None:
    said = emostream("service", "install", "--options", "'", env=home)
    assert said.returncode == USAGE
    assert_one_line(said.stderr, "--options", "expected options as in a shell")
    said = emostream("service", "install", env=home | {"SYSTEMCTL_CODE": "1"})
    assert said.returncode == 1
    assert_one_line(said.stderr, "'systemctl --user daemon-reload' failed: exit code 1")
    said = emostream("service", "install", env=home | {"PATH": str(tmp_path)})
    assert said.returncode == UNAVAILABLE
    assert_one_line(said.stderr, "found no systemctl: expected systemd")


def test_launchd_gets_a_property_list(tmp_path: Path) -> None:
    read = plistlib.loads(launchd_plist(["/opt/python", "-m", "emostream", "serve"], tmp_path / "log"))
    assert read["Label"] == LABEL
    assert read["ProgramArguments"] == ["/opt/python", "-m", "emostream", "serve"]
    assert read["KeepAlive"] == {"SuccessfulExit": False}
    assert read["StandardErrorPath"] == str(tmp_path / "log")
