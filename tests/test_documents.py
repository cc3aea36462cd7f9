"""What the documents say is true: every command and flag, every link, every example."""

import ast
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from emostream.commands.registry import COMMANDS
from tests.support.commands import emostream
from tests.support.processes import ROOT, environment

FOLDERS = (ROOT, ROOT / "demo", ROOT / "models", ROOT / "docs", ROOT / "docs" / "clients")
DOCUMENTS = sorted(path for folder in FOLDERS for path in folder.glob("*.md"))
CODE = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
INLINE = re.compile(r"`(emostream [^`\n]+)`")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
# Words of a usage line, not of a command that can be run.
USAGE = re.compile(r"[…·|\[\]{}]|\bDIR\b.*\bDIR\b")


def text_of(path: Path) -> str:
    """A document without what it says is planned."""
    return re.sub(r"^Planned, not built:.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)


def commands() -> Iterator[tuple[str, str]]:
    """(document, command line) of every ``emostream …`` in the documents."""
    for path in DOCUMENTS:
        text = text_of(path)
        lines = INLINE.findall(text)
        for language, body in CODE.findall(text):
            if language in ("sh", ""):
                lines += [line.partition(" #")[0] for line in body.replace("\\\n", " ").splitlines()]
        for line in lines:
            for part in re.split(r"\s\|\s|&&|;", line):
                if part.strip().startswith("emostream "):
                    yield path.relative_to(ROOT).as_posix(), part.strip()


@pytest.fixture(scope="module")
def helps() -> dict[str, str]:
    """What ``--help`` of each command prints."""
    shown = {}
    for name in COMMANDS:
        words = [name, "check"] if name == "corpora" else [name]
        said = emostream(*words, "--help", env={"COLUMNS": "200"})
        assert said.code == 0
        shown[name] = said.out
    return shown


@pytest.mark.parametrize(("document", "line"), sorted(set(commands())))
def test_every_command_and_flag_of_the_documents_is_there(document: str, line: str, helps: dict[str, str]) -> None:
    words = shlex.split(USAGE.sub(" ", line))
    assert document
    if len(words) < 2 or words[1].startswith("-"):
        assert words[1:] in ([], ["--version"], ["--help"]), line
        return
    assert words[1] in COMMANDS, line
    for word in words[2:]:
        if word.startswith("--"):
            flag = word.partition("=")[0]
            assert re.search(rf"(?<![\w-]){flag}\b(?!-)", helps[words[1]]), f"{line}: no {flag}"


def test_the_documents_have_commands_to_check() -> None:
    assert len(set(commands())) > 30
    assert {line.split()[1] for _, line in commands() if not line.split()[1].startswith("-")} >= {
        "listen",
        "file",
        "serve",
    }


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_within_the_project_leads_somewhere(path: Path) -> None:
    for target in LINK.findall(path.read_text(encoding="utf-8")):
        if not re.match(r"[a-z]+:|#", target):
            assert (path.parent / target.partition("#")[0]).exists(), f"{path}: {target}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_file_that_is_named_is_there(path: Path) -> None:
    """Paths in backticks that begin with a folder of ours."""
    for named in re.findall(
        r"`((?:streamer|trainer|export|tests|docs|bench|demo|models)/[\w./-]+)`", path.read_text("utf-8")
    ):
        if "NAME" not in named:
            assert (ROOT / named).exists(), f"{path}: {named}"


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=environment({}), check=False
    )


def python_blocks() -> list[tuple[str, str]]:
    return [
        (path.relative_to(ROOT).as_posix(), body)
        for path in DOCUMENTS
        for language, body in CODE.findall(path.read_text(encoding="utf-8"))
        if language == "python"
    ]


@pytest.mark.parametrize(("document", "body"), python_blocks())
def test_python_examples_can_be_read_and_name_what_there_is(document: str, body: str) -> None:
    tree = ast.parse(body)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    code = "\n".join(ast.unparse(node) for node in imports)
    names = {
        f"emostream.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "emostream"
    }
    code += "".join(f"\n{name}" for name in sorted(names))
    assert document
    exec(code, {})


def test_the_first_python_example_ends_with_a_verdict() -> None:
    body = next(body for document, body in python_blocks() if document == "README.md" and "emostream.read" in body)
    assert len(body.strip().splitlines()) <= 3
    done = run_python(body)
    assert (done.returncode, done.stderr) == (0, "")
    assert "whole file" in done.stdout


def test_the_example_of_a_stream_of_one_s_own_runs() -> None:
    body = next(body for document, body in python_blocks() if document == "README.md" and "open_stream" in body)
    done = run_python(body)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Hello(")


def test_the_makefile_has_the_targets_that_the_documents_name() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        target
        for path in DOCUMENTS
        for target in re.findall(r"(?:^|`)make ([\w-]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert {"listen", "test", "check", "docs", "bench"} <= named <= targets


def test_every_setting_of_the_environment_that_is_named_is_read() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "streamer").rglob("*.py"))
    sources += "".join(path.read_text(encoding="utf-8") for path in (ROOT / "trainer").rglob("*.py"))
    for path in DOCUMENTS:
        for name in re.findall(r"EMOSTREAM_([A-Z_]+)", path.read_text(encoding="utf-8")):
            # NAME stands for any. A setting is an option, or is read by its own name.
            flag = name.lower().replace("_", "-")
            is_option = re.search(rf'add_option\(\s*\w+,\s*"--{flag}"', sources)
            is_read = f'"{name.lower()}"' in sources or f"EMOSTREAM_{name}" in sources
            assert name == "NAME" or is_option or is_read, f"{path}: EMOSTREAM_{name}"
