"""``emostream archive``, by processes of this machine."""

import csv
import os
import re
import signal
import subprocess
import time
import zipfile
from collections import Counter
from contextlib import closing
from pathlib import Path

import duckdb
import msgspec
import pandas
import pytest
import soundfile

import emostream
from emostream.archive.store import Store
from emostream.assets import DEMO_RECORDING
from emostream.audio import Samples
from emostream.commands import extras
from emostream.errors import NO_INPUT, USAGE
from tests.support import commands
from tests.support.process_tree import descendants, readers
from tests.support.processes import COMMAND, ROOT, assert_one_line, environment
from tests.support.processes import emostream as run
from tests.support.streams import HZ

Made = tuple[Path, subprocess.CompletedProcess[str]]
N_CLIPS = 40
BAD = ("bad.wav", "nowhere.wav")
WAIT_S = 120
DOCUMENT = ROOT / "docs" / "archives.md"


@pytest.fixture(scope="module")
def manifest(recording: Samples, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips of 2 to 6 s of the demo recording with speakers, one that is no sound, one that is not there."""
    folder = tmp_path_factory.mktemp("clips")
    rows = [("file", "speaker", "town")]
    for number in range(N_CLIPS):
        start_s, length_s = number * 5 % 29, 2 + number % 5
        soundfile.write(folder / f"{number:02}.wav", recording[start_s * HZ : (start_s + length_s) * HZ], HZ)
        rows.append((f"{number:02}.wav", f"speaker {number % 3}", "Köln"))
    (folder / "bad.wav").write_text("Dear diary, today I was happy.")
    rows += [(name, "", "") for name in BAD]
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return folder / "manifest.csv"


@pytest.fixture(scope="module")
def tiny(tiny_paths: list[Path]) -> list[str]:
    """Models that take no time."""
    return [word for path in tiny_paths for word in ("--model", str(path))]


@pytest.fixture(scope="module")
def made(manifest: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """An archive, and what the command said."""
    folder = tmp_path_factory.mktemp("made") / "calls"
    return folder, run("archive", manifest, "--out", folder, "--jobs", "2")


def named(folder: Path, table: str) -> Counter[str]:
    """How often each file is in a table."""
    if not list(folder.glob(f"{table}/*.parquet")):
        return Counter()
    return Counter(file for (file,) in duckdb.sql(f"SELECT file FROM '{folder}/{table}/*.parquet'").fetchall())


def assert_each_file_once(folder: Path) -> None:
    """Each in its table, and the utterances of each once."""
    assert named(folder, "files") == Counter(f"{number:02}.wav" for number in range(N_CLIPS))
    assert named(folder, "errors") == Counter(BAD)
    query = f"""
        SELECT count(*), count(DISTINCT (source, utterance)), sum(utterances) FROM '{folder}/utterances/*.parquet'
        JOIN (SELECT source, utterances / greatest(utterances, 1) AS utterances FROM '{folder}/files/*.parquet')
        USING (source)
    """
    ((rows, distinct, known),) = duckdb.sql(query).fetchall()
    assert rows == distinct == known > 0
    query = f"SELECT sum(utterances) FROM '{folder}/files/*.parquet'"
    assert duckdb.sql(query).fetchall() == [(rows,)]


def test_each_file_is_in_one_table_once(made: Made) -> None:
    folder, said = made
    assert said.returncode == NO_INPUT
    assert_each_file_once(folder)
    lines = said.stderr.splitlines()
    assert lines[-1].startswith(f"emostream: 100% · {N_CLIPS + 2} of {N_CLIPS + 2} files (2 could not be read) · ")
    assert sum("holds text, not sound" in line for line in lines) == 1
    assert re.search(r"files +40 +40\n +could not be read +2 +2\n", said.stdout)
    summary = msgspec.json.decode((folder / "summary.json").read_bytes())
    assert (summary["schema"], summary["files"], summary["errors"]) == (1, N_CLIPS, 2)
    assert summary["last_run"]["files"] == N_CLIPS


def test_the_rows_are_those_of_reading_a_file_alone(made: Made, manifest: Path) -> None:
    path = manifest.parent / "04.wav"
    reading = emostream.read(path)
    table = pandas.read_parquet(made[0] / "utterances")
    rows = table[table["source"] == str(path)].sort_values("utterance")
    utterances = reading.timeline.utterances
    assert list(rows["start_s"]) == [one.start_ms / 1000 for one in utterances]
    assert [label if isinstance(label, str) else None for label in rows["label"]] == [one.label for one in utterances]
    assert list(rows["p_sad"]) == [one.p["sad"] for one in utterances]
    files = pandas.read_parquet(made[0] / "files").set_index("source").loc[str(path)]
    assert files["speaker"] == "speaker 1"
    assert files["manifest"] == '{"town": "Köln"}'
    assert files["seconds"] == 6.0
    assert reading.timeline.summary is not None
    assert files["confidence"] == reading.timeline.summary.confidence


def test_the_columns_are_those_of_the_documentation(made: Made) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for table in ("utterances", "files", "errors"):
        section = text.partition(f"### {table}\n")[2].partition("\n#")[0]
        documented = set(re.findall(r"`([a-z_…]+)`", section))
        columns = set(pandas.read_parquet(made[0] / table).columns)
        for labels in ("p_", "share_"):
            if any(name.startswith(labels) for name in columns):
                columns = {name for name in columns if not name.startswith(labels)} | {f"{labels}…"}
        known = documented - {"too short", "null", "reason"} | {"reason"}
        known = {f"{name.partition('_')[0]}_…" if name.startswith(("p_", "share_")) else name for name in known}
        assert columns <= known | ({"file", "source", "speaker"} if table != "utterances" else set()), table


def test_the_examples_of_the_documentation_run(
    made: Made,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    monkeypatch.chdir(made[0].parent)
    queries = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
    assert len(queries) == 3
    for query in queries:
        assert duckdb.sql(query.rstrip("; \n")).fetchall()
    assert duckdb.sql(queries[2].rstrip("; \n")).fetchall()[0][0] == "Köln"
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(code, {})
    assert "speaker 0" in capsys.readouterr().out
    (copy,) = re.findall(r"`(COPY .*?)`", text)
    duckdb.sql(copy)
    assert len(pandas.read_parquet("utterances.parquet")) == len(pandas.read_parquet("calls/utterances"))


def test_what_is_complete_is_not_read_again(made: Made, manifest: Path) -> None:
    folder, _ = made
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}
    again = run("archive", manifest, "--out", folder)
    assert again.returncode == NO_INPUT
    assert again.stderr.splitlines() == [
        f"emostream: {N_CLIPS} of {N_CLIPS + 2} recordings are complete and are not read again",
        "emostream: 2 could not be read before, and are not tried again: --retry-errors does",
    ]
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")} == before


def test_other_models_and_options_are_refused(made: Made, manifest: Path, tiny: list[str]) -> None:
    for words, said in ((tiny, "the models whisper/staged"), (["--no-drift"], "--drift True, not False")):
        refused = commands.emostream("archive", manifest, "--out", made[0], *words, env={})
        commands.assert_refused(refused, USAGE, "was read with", said, "name another folder with --out")


def test_errors_are_tried_again_where_that_is_wished(manifest: Path, tmp_path: Path, tiny: list[str]) -> None:
    late = tmp_path / "late.wav"
    (tmp_path / "m.txt").write_text(f"{manifest.parent}/00.wav\n{late}\n{manifest.parent}/bad.wav\n")
    command = ["archive", tmp_path / "m.txt", "--out", tmp_path / "out", "--jobs", "1", *tiny]
    assert run(*command).returncode == NO_INPUT
    late.write_bytes((manifest.parent / "01.wav").read_bytes())
    assert named(tmp_path / "out", "errors").total() == 2
    again = run(*command, "--retry-errors")
    assert again.returncode == NO_INPUT
    assert named(tmp_path / "out", "files").keys() == {f"{manifest.parent}/00.wav", str(late)}
    assert named(tmp_path / "out", "errors") == {f"{manifest.parent}/bad.wav": 1}


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """A recording that is read for longer than it takes to kill somebody."""
    samples = soundfile.read(DEMO_RECORDING, dtype="int16")[0]
    path = tmp_path / "long.flac"
    with soundfile.SoundFile(path, "w", HZ, 1) as file:
        for _ in range(8):
            file.write(samples)
    return path


def started(*words: object) -> subprocess.Popen[str]:
    command = [*COMMAND, "archive", *map(str, words)]
    return subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment({}), cwd=ROOT, text=True
    )


def test_whoever_is_killed_the_next_command_goes_on(manifest: Path, tmp_path: Path, tiny: list[str]) -> None:
    """A part after each few clips; the command is killed behind the first, its processes then end by themselves."""
    words = [manifest, "--out", tmp_path / "out", "--jobs", "2", "--checkpoint", "0", *tiny]
    with started(*words) as process:
        assert process.stderr is not None
        line = next(line for line in process.stderr if "%" in line)
        left = [one.pid for one in descendants([process.pid]) if one.pid != process.pid]
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert "100%" not in line
    assert named(tmp_path / "out", "files")
    wait_until_gone(left)
    again = run("archive", *words)
    assert "recordings are complete and are not read again" in again.stderr
    assert_each_file_once(tmp_path / "out")


def wait_until_gone(pids: list[int]) -> None:
    until_s = time.monotonic() + WAIT_S
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < until_s, "processes outlive their command"
        time.sleep(0.05)


def test_a_process_that_is_killed_is_replaced(long: Path, tmp_path: Path, tiny: list[str]) -> None:
    (tmp_path / "m.txt").write_text(f"{long}\n")
    with started(tmp_path / "m.txt", "--out", tmp_path / "out", "--jobs", "1", *tiny) as process:
        until_s = time.monotonic() + WAIT_S
        while not (found := readers([process.pid])):
            assert time.monotonic() < until_s
            time.sleep(0.05)
        os.kill(found[0].pid, signal.SIGKILL)
        assert process.wait(WAIT_S) == 0
    assert named(tmp_path / "out", "files") == {str(long): 1}


def test_ctrl_c_writes_what_is_read_and_says_how_to_go_on(manifest: Path, long: Path, tmp_path: Path) -> None:
    (tmp_path / "m.txt").write_text(f"{long}\n{manifest.parent}/bad.wav\n")
    with started(tmp_path / "m.txt", "--out", tmp_path / "out", "--jobs", "2") as process:
        assert process.stderr is not None
        assert any("bad.wav" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        messages = process.stderr.read()
    assert process.returncode == 130
    assert "files are complete in" in messages
    assert "Traceback" not in messages
    assert named(tmp_path / "out", "errors") == {f"{manifest.parent}/bad.wav": 1}


def test_recordings_and_archives_elsewhere(manifest: Path, tmp_path: Path, tiny: list[str]) -> None:
    """A zip file stands for a store in a network."""
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for name in ("00.wav", "01.wav", "bad.wav"):
            archive.write(manifest.parent / name, f"in/{name}")
    place = f"zip://in::{tmp_path}/all.zip"
    said = run("archive", place, "--out", f"file://{tmp_path}/out", "--jobs", "1", *tiny)
    assert said.returncode == NO_INPUT, said.stderr
    assert named(tmp_path / "out", "files").total() == 2
    assert "holds text, not sound" in said.stderr
    assert said.stderr.count("\n") == 2


def test_a_store_without_locks(manifest: Path, tiny: list[str]) -> None:
    place = f"memory://{manifest.parent.name}"  # of this process alone, which is the one that writes
    for expected in ("100%", "are complete and are not read again"):
        said = commands.emostream("archive", manifest, "--out", place, "--jobs", "1", *tiny, env={})
        assert said.code == NO_INPUT
        assert expected in said.errors


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--jobs", "0"], USAGE, "found 0 for --jobs"),
        (["--checkpoint", "-1"], USAGE, "found -1 for --checkpoint"),
        (["--cluster", "10.0.0.1:6379"], USAGE, "--cluster does nothing without --engine ray"),
        (["--engine", "ray", "--jobs", "2"], USAGE, "--jobs is for --engine embedded"),
        (["--out", "nonsense://x"], USAGE, "nonsense://x cannot be reached"),
        (["--out", "/proc/nowhere"], 1, "/proc/nowhere cannot be written"),
    ],
)
def test_what_cannot_be_is_one_line(words: list[str], code: int, said: str, manifest: Path, tmp_path: Path) -> None:
    refused = commands.emostream("archive", manifest, "--out", tmp_path / "out", *words, env={})
    commands.assert_refused(refused, code, said)


def test_what_is_no_manifest_is_one_line(tmp_path: Path) -> None:
    refused = commands.emostream("archive", DEMO_RECORDING, "--out", tmp_path / "out", env={})
    commands.assert_refused(refused, NO_INPUT, "is no text in UTF-8: expected a folder, or a manifest")


def test_another_command_in_the_folder_is_one_line(manifest: Path, tmp_path: Path, tiny: list[str]) -> None:
    with closing(Store(str(tmp_path / "out"))):
        refused = run("archive", manifest, "--out", tmp_path / "out", *tiny)
    assert refused.returncode == USAGE
    assert_one_line(refused.stderr, "is being written by another emostream")


def test_what_is_not_installed_is_said_with_what_installs_it(
    manifest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "is_installed", lambda module: module != "fsspec")
    refused = commands.emostream("archive", manifest, "--out", tmp_path / "out", env={})
    commands.assert_refused(refused, USAGE, "needs fsspec", "pip install 'emostream[archive]'")
    monkeypatch.setattr(extras, "is_installed", lambda module: module != "ray")
    refused = commands.emostream("archive", manifest, "--out", tmp_path / "out", "--engine", "ray", env={})
    commands.assert_refused(refused, USAGE, "needs ray", "pip install 'emostream[ray]'")
