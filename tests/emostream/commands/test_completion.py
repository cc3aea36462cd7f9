"""The completion scripts, in the shells that they are for."""

import contextlib
import io
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from emostream.cli import main
from emostream.commands.completion import SHELLS
from emostream.commands.registry import COMMANDS


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder, made = tmp_path_factory.mktemp("completion"), {}
    for shell in SHELLS:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            assert main(["completion", shell]) == 0
        made[shell] = folder / f"emostream.{shell}"
        made[shell].write_text(out.getvalue())
    return made


def shell(name: str, *arguments: str, folder: Path) -> str:
    """What a shell prints, which must not complain."""
    assert shutil.which(name), f"{name} was not found: apt install {name}"
    ended = subprocess.run([name, *arguments], capture_output=True, text=True, cwd=folder, timeout=60, check=False)
    assert ended.stderr == ""
    return ended.stdout


def by_bash(script: Path, line: str, folder: Path) -> set[str]:
    words = line.split(" ")
    quoted = " ".join(f"'{word}'" for word in words)
    code = (
        f"source {script}; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; COMP_LINE='{line}'; "
        f"COMP_POINT={len(line)}; $(complete -p emostream | sed 's/.*-F \\([^ ]*\\).*/\\1/') emostream "
        f"'{words[-1]}' '{words[-2]}'; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    return {word.strip() for word in shell("bash", "--norc", "-c", code, folder=folder).splitlines()}


def by_fish(script: Path, line: str, folder: Path) -> set[str]:
    printed = shell("fish", "--no-config", "-c", f"source {script}; complete -C '{line}'", folder=folder)
    return {found.split("\t")[0] for found in printed.splitlines()}


@pytest.mark.parametrize("complete", [by_bash, by_fish])
def test_commands_options_choices_and_files(
    complete: Callable[[Path, str, Path], set[str]], scripts: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "talk.wav").touch()
    script = scripts["bash" if complete is by_bash else "fish"]
    assert set(COMMANDS) <= complete(script, "emostream ", tmp_path)
    assert complete(script, "emostream lis", tmp_path) == {"listen"}
    assert "--device" in complete(script, "emostream listen --dev", tmp_path)
    assert "--port" not in complete(script, "emostream file --", tmp_path)
    assert {"text", "jsonl"} <= complete(script, "emostream file --format ", tmp_path)
    assert "talk.wav" in complete(script, "emostream file tal", tmp_path)


def test_zsh_finds_it_in_its_path(scripts: dict[str, Path], tmp_path: Path) -> None:
    shutil.copy(scripts["zsh"], tmp_path / "_emostream")
    shell("zsh", "-n", str(tmp_path / "_emostream"), folder=tmp_path)
    code = f"fpath=({tmp_path} $fpath); autoload -Uz compinit; compinit -u -d dump; print $_comps[emostream]"
    assert shell("zsh", "-f", "-c", code, folder=tmp_path) == "_emostream\n"
