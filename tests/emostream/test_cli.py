"""The command line: help, usage errors, precedence of settings, missing extras, closed streams."""

import argparse
import importlib.metadata
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

from emostream import __main__, cli
from emostream.cli import INTERRUPTED
from emostream.commands import listen
from emostream.commands.examples import EXAMPLES
from emostream.commands.extras import EXTRAS
from emostream.commands.parsing import Parser, whole_parser
from emostream.commands.registry import COMMANDS
from emostream.commands.settings import Settings
from emostream.errors import USAGE, UsageError
from tests.support import commands
from tests.support.processes import COMMAND, ROOT, assert_one_line, emostream, environment


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    try:
        code: int = cli.main(arguments)
    except SystemExit as ended:  # argparse's way of ending after --help and --version
        code = int(ended.code or 0)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "--help")
    assert (code, err) == (0, "")
    assert set(re.findall(r"^    (\w+)  ", out, re.MULTILINE)) == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, command, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"usage: emostream {command} ")


def test_alone_it_shows_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys) == run(capsys, "--help")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_examples_of_a_command_are_understood(command: str) -> None:
    for line, what in EXAMPLES[command]:
        words = shlex.split(line.partition(" > ")[0])
        assert words[:2] == ["emostream", command]
        assert what
        parser = whole_parser(Settings({}, Path("/nonexistent"), is_strict=False))
        assert parser.parse_args(words[1:]).command == command


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--version") == (0, f"emostream {importlib.metadata.version('emostream')}\n", "")


def test_the_console_script_is_the_same_as_the_module() -> None:
    (script,) = importlib.metadata.entry_points(group="console_scripts", name="emostream")
    assert script.load() is __main__.main
    assert emostream("--version").stdout == f"emostream {importlib.metadata.version('emostream')}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sing"], "'sing' is no command: expected one of those; see 'emostream --help'"),
        (["lisen"], "'lisen' is no command: did you mean listen?; see 'emostream --help'"),
        (["--versoin"], "unrecognized arguments: --versoin"),
        (["listen", "--loud"], "unrecognized arguments: --loud; see 'emostream listen --help'"),
        (["listen", "--prot", "3"], "unrecognized arguments: --prot; did you mean --port?; see 'emostream listen"),
        (["corpora", "check", ".", "--formt=json"], "--formt=json; did you mean --format?"),
        (["listen", "--port", "eight"], "--port: invalid int value: 'eight'; see 'emostream listen --help'"),
        (["listen", "file.wav"], "invalid choice: 'file.wav'"),
        (["file"], "the following arguments are required: PATH; see 'emostream file --help'"),
        (["file", "--format", "xml", "x"], "--format: invalid choice: 'xml' (choose from 'text', 'jsonl', 'csv',"),
    ],
)
def test_what_cannot_be_understood_is_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (USAGE, "")
    assert_one_line(err, said)


def options(file: Path, environment: dict[str, str], *flags: str) -> argparse.Namespace:
    """The options of ``emostream listen`` for a person with these settings."""
    parser = Parser()
    listen.add_arguments(parser, Settings(environment, file))
    return parser.parse_args(flags)


def test_a_flag_stands_over_the_environment_over_the_file_over_the_default(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    env = {"EMOSTREAM_PORT": "2", "EMOSTREAM_DEVICE": "yeti"}
    assert (options(file, {}).port, options(file, {}).device) == (8765, None)
    file.write_text('port = 1\ndevice = "desk"\n')
    assert (options(file, {}).port, options(file, {}).device) == (1, "desk")
    assert (options(file, env).port, options(file, env).device) == (2, "yeti")
    flagged = options(file, env, "--port", "3", "--device", "4")
    assert (flagged.port, flagged.device) == (3, "4")


def test_a_wrong_setting_names_its_place(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    with pytest.raises(UsageError, match=r"^found 'high' for EMOSTREAM_PORT, expected int$"):
        options(file, {"EMOSTREAM_PORT": "high"})
    file.write_text("port = true\n")
    with pytest.raises(UsageError, match=rf"^found True for port in {re.escape(str(file))}, expected int$"):
        options(file, {})


def test_the_file_is_found_and_a_wrong_choice_in_the_environment_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "emostream"
    folder.mkdir()
    (folder / "config.toml").write_text("port = \n")
    broken = emostream("listen", env={"XDG_CONFIG_HOME": str(tmp_path)})
    assert broken.returncode == USAGE
    assert_one_line(broken.stderr, f"{folder / 'config.toml'} cannot be read as TOML: ", "at line 1")
    wrong = emostream("file", "x.wav", env={"EMOSTREAM_FORMAT": "xml"})
    assert wrong.returncode == USAGE
    assert_one_line(wrong.stderr, "found 'xml' for EMOSTREAM_FORMAT, expected text or jsonl")


BLOCKER = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Blocker())
"""


@pytest.fixture
def without_the_extra(tmp_path: Path) -> dict[str, str]:
    """An environment in which Python finds none of what the extra installs."""
    names = {*EXTRAS["train"], "onnxscript", "numba"}
    (tmp_path / "sitecustomize.py").write_text(BLOCKER.format(names=names))
    folders = (tmp_path, ROOT / "streamer", ROOT / "trainer", ROOT / "export")
    return {"PYTHONPATH": os.pathsep.join(map(str, folders))}


@pytest.mark.parametrize("arguments", [["train", "mfcc_cnn1d/published"], ["export", "runs/x"], ["evaluate"]])
def test_a_missing_extra_is_one_line_with_the_pip_command(
    arguments: list[str], without_the_extra: dict[str, str]
) -> None:
    ended = emostream(*arguments, env=without_the_extra)
    assert (ended.returncode, ended.stdout) == (USAGE, "")
    assert_one_line(ended.stderr, f"'emostream {arguments[0]}' needs", "keras", "pip install 'emostream[train]'")


def test_without_the_extra_help_and_the_runtime_commands_work(
    without_the_extra: dict[str, str], model_arguments: list[str]
) -> None:
    assert emostream("train", "--help", env=without_the_extra).returncode == 0
    assert emostream("corpora", "check", "demo", env=without_the_extra).returncode == 66
    ended = emostream("file", *model_arguments, "demo/recording.flac", env=without_the_extra)
    assert (ended.returncode, ended.stderr) == (0, "")
    ended = emostream("parity", "--times", 1, *model_arguments, "demo/recording.flac", env=without_the_extra)
    assert ended.returncode == 0
    assert_one_line(ended.stderr, "librosa is not installed")
    ended = emostream("parity", "--run", "runs/x", *model_arguments, "demo/recording.flac", env=without_the_extra)
    assert ended.returncode == USAGE
    assert_one_line(ended.stderr, "'emostream parity --run' needs", "pip install 'emostream[train]'")


def test_the_extra_has_what_is_asked_for() -> None:
    of_extra = {
        re.split(r"[^\w-]", requirement)[0]
        for requirement in importlib.metadata.requires("emostream") or []
        if "extra == 'train'" in requirement.replace('"', "'")
    }
    providers = importlib.metadata.packages_distributions()
    for module in EXTRAS["train"]:
        assert {name.lower().replace("_", "-") for name in providers[module]} & of_extra, module


def test_each_integration_and_format_is_an_extra_and_all_integrations_are_one() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    providers = importlib.metadata.packages_distributions()
    integrations = EXTRAS.keys() - {"train"}
    for extra in integrations:
        requirements = [*extras[extra], *(extras["archive"] if extra == "ray" else ())]
        names = {re.split(r"[^\w-]", requirement)[0] for requirement in requirements} - {"emostream"}
        for module in EXTRAS[extra]:
            assert names & set(providers[module.partition(".")[0]]), module
        assert names <= {re.split(r"[^\w-]", pinned)[0] for pinned in extras["dev"] if "==" in pinned}
    (together,) = extras["integrations"]
    others = {"archive", "ray", "pictures"}  # they are for files
    assert set(re.findall(r"\w+", together)) == {"emostream", *integrations} - others


@pytest.mark.parametrize("stream", ["stdin", "stdout", "stderr"])
def test_a_stream_that_was_closed_leads_nowhere(stream: str, model_arguments: list[str]) -> None:
    number = ("stdin", "stdout", "stderr").index(stream)
    shut = "import os, sys; os.close(int(sys.argv[1])); os.execv(sys.executable, [sys.executable, *sys.argv[2:]])"
    command = [sys.executable, "-c", shut, str(number), *COMMAND[1:], "listen", "-", *model_arguments]
    audio = bytes(2 * 16_000)
    ended = subprocess.run(command, input=audio, capture_output=True, env=environment({}), cwd=ROOT, check=False)
    if stream == "stdin":
        assert ended.returncode == 66
        assert_one_line(ended.stderr.decode(), "standard input ended after 0 bytes")
    else:
        assert (ended.returncode, ended.stderr) == (0, b"")
    assert bool(ended.stdout) is (stream != "stdout")


def test_a_checkout_that_is_not_installed_runs(tmp_path: Path) -> None:
    """``PYTHONPATH`` alone, with every dependency but without the metadata of an installed emostream."""
    for installed in Path(sysconfig.get_path("purelib")).iterdir():
        if "emostream" not in installed.name:
            (tmp_path / installed.name).symlink_to(installed)
    folders = (ROOT / "streamer", tmp_path)
    variables = {"PYTHONPATH": os.pathsep.join(map(str, folders)), "PATH": os.environ["PATH"]}

    def output_of(*arguments: str) -> str:
        # -S leaves out site-packages, where the metadata would be found.
        command = [sys.executable, "-S", "-m", "emostream", *arguments]
        ended = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
        assert (ended.returncode, ended.stderr) == (0, "")
        return ended.stdout

    assert output_of("--version") == "emostream 0+not.installed\n"
    assert "labels" in output_of("models")


class TestWrongSettings:
    def config(self, folder: Path, text: str) -> dict[str, str]:
        """The environment of a person with this settings file."""
        (folder / "emostream").mkdir()
        (folder / "emostream" / "config.toml").write_text(text)
        return {"XDG_CONFIG_HOME": str(folder)}

    def test_an_unknown_one_is_said_with_the_nearest(self, tmp_path: Path) -> None:
        env = self.config(tmp_path, "prot = 9000\n[listen]\ndevice = 1\n") | {"EMOSTREAM_DEVIC": "yeti"}
        ended = emostream("models", env=env)
        assert ended.returncode == 0
        file = tmp_path / "emostream" / "config.toml"
        assert ended.stderr.splitlines() == [
            f"emostream: prot in {file} is no setting: did you mean port?",
            f"emostream: the table [listen] in {file}, where settings stand outside of tables, is no setting: "
            "'emostream config' lists those that there are",
            "emostream: EMOSTREAM_DEVIC is no setting: did you mean device?",
        ]

    def test_those_of_other_commands_are_not_unknown(self, tmp_path: Path) -> None:
        ended = commands.emostream("models", env=self.config(tmp_path, 'port = 1\ncorpora = "x"\nwait = true\n'))
        assert (ended.code, ended.errors) == (0, "")

    def test_the_token_of_the_environment_is_known_and_not_shown(self) -> None:
        ended = commands.emostream("config", env={"EMOSTREAM_TOKEN": "a secret of thirty-two letters"})
        assert (ended.code, ended.errors) == (0, "")
        assert "EMOSTREAM_TOKEN" in ended.out
        assert "thirty-two" not in ended.out

    @pytest.mark.parametrize("text", ["port = ", 'format = "xml"\nport = "high"\n'])
    @pytest.mark.parametrize("command", [("listen", "--help"), ("file", "-h"), ("models",), ("config",)])
    def test_they_do_not_stop_what_helps(self, command: tuple[str, ...], text: str, tmp_path: Path) -> None:
        ended = commands.emostream(*command, env=self.config(tmp_path, text))
        assert ended.code == 0
        assert ended.out

    def test_they_stop_what_would_use_them(self, tmp_path: Path) -> None:
        ended = emostream("listen", env=self.config(tmp_path, 'port = "high"\n'))
        assert ended.returncode == USAGE
        assert_one_line(ended.stderr, "found 'high' for port")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux alone has a disk that is always full")
@pytest.mark.parametrize("arguments", [("models",), ("config",), ("file", "demo/recording.flac")])
def test_a_full_disk_behind_standard_output_is_one_line(arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [*COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, env=environment({}), cwd=ROOT, check=False
        )
    assert ended.returncode == 1
    assert_one_line(ended.stderr.decode(), "standard output takes no more (No space left on device)")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "koi8-r", "utf-8"])
def test_any_encoding_of_the_terminal_will_do(encoding: str) -> None:
    ended = subprocess.run(
        [*COMMAND, "file", "demo/recording.flac"],
        capture_output=True,
        env=environment({"PYTHONIOENCODING": encoding}),
        cwd=ROOT,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    shown = ended.stdout.decode(encoding)
    assert "neutral" in shown
    assert "?" not in shown
    assert "\ufffd" not in shown
    assert ("=====" in shown) == (encoding != "utf-8")


def test_json_lines_are_utf_8_whatever_the_terminal_is(tmp_path: Path) -> None:
    clip = tmp_path / "\u0433\u043e\u043b\u043e\u0441.flac"
    clip.write_bytes((ROOT / "demo" / "recording.flac").read_bytes())
    ended = emostream("file", "--format", "jsonl", clip, env={"PYTHONIOENCODING": "ascii"})
    assert ended.returncode == 0
    assert json.loads(ended.stdout.splitlines()[0])["source"] == str(clip)


@pytest.mark.parametrize("module", ["rich", "numpy", "onnxruntime"])
def test_ctrl_c_while_modules_are_imported_shows_none_of_their_code(module: str, tmp_path: Path) -> None:
    # The import of one module presses Ctrl-C, so that no test has to hit the moment.
    code = f"""
import runpy, signal, sys
class Presses:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            signal.raise_signal(signal.SIGINT)
            if name == "onnxruntime":
                raise ImportError("initialization failed")
sys.meta_path.insert(0, Presses())
sys.argv = ["emostream", "file", "demo/recording.flac"]
runpy.run_module("emostream", run_name="__main__", alter_sys=True)
"""
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=environment({}), cwd=ROOT, check=False
    )
    assert ended.stderr == b""
    assert ended.returncode in (INTERRUPTED, -signal.SIGINT)
