"""``emostream archive --engine ray``, by a real cluster of two nodes on this machine."""

import ipaddress
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
import soundfile

from emostream.audio import Samples
from emostream.errors import NO_INPUT, UNAVAILABLE
from tests.support.process_tree import Process, descendants, peers, readers
from tests.support.processes import COMMAND, ROOT, assert_one_line, environment
from tests.support.processes import emostream as run
from tests.support.ray_cluster import ENVIRONMENT, RayCluster, ray_cluster
from tests.support.streams import HZ

N_CLIPS = 12
WAIT_S = 300


@pytest.fixture(scope="module")
def cluster() -> Iterator[RayCluster]:
    with ray_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def clips(recording: Samples, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips of 3 s, and one that is no sound."""
    folder = tmp_path_factory.mktemp("clips")
    for number in range(N_CLIPS):
        soundfile.write(folder / f"{number:02}.wav", recording[number * HZ : (number + 3) * HZ], HZ)
    (folder / "bad.wav").write_text("Dear diary, today I was happy.")
    return folder


def started(cluster: RayCluster, *words: object) -> subprocess.Popen[str]:
    """The command, with the cluster: a manifest or a folder, where to write, and options."""
    place, out, *others = map(str, words)
    options = ["--out", out, "--engine", "ray", "--cluster", cluster.address, *others]
    return subprocess.Popen(
        [*COMMAND, "archive", place, *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment(ENVIRONMENT),
        cwd=ROOT,
        text=True,
    )


def wait_for(process: subprocess.Popen[str], found: Callable[[], list[Process]]) -> Process:
    """The first of these processes, as soon as there is one."""
    until_s = time.monotonic() + WAIT_S
    while process.poll() is None and time.monotonic() < until_s:
        if processes := found():
            return processes[0]
        time.sleep(0.05)
    raise AssertionError("it ended, or nobody came")


def rows(folder: Path, table: str) -> list[tuple[object, ...]]:
    """All of a table, in order."""
    order = "source, utterance" if table == "utterances" else "source"
    return duckdb.sql(f"SELECT * FROM '{folder}/{table}/*.parquet' ORDER BY {order}").fetchall()


def test_a_cluster_writes_what_one_process_writes_and_whom_it_loses_it_replaces(
    cluster: RayCluster, clips: Path, tiny_paths: list[Path], tmp_path: Path
) -> None:
    models = [word for path in tiny_paths for word in ("--model", str(path))]
    alone = run("archive", clips, "--out", tmp_path / "alone", "--jobs", "1", *models)
    assert alone.returncode == NO_INPUT
    with started(cluster, clips, tmp_path / "ray", *models) as process:
        os.kill(wait_for(process, lambda: readers(cluster.pids)).pid, signal.SIGKILL)
        everybody = [one.pid for one in descendants([process.pid, *cluster.pids])]
        others = peers(everybody)
        assert others, "nothing was looked at"
        assert all(ipaddress.ip_address(address).is_loopback for address in others), others
        assert process.stderr is not None
        messages = process.stderr.read()
    assert process.returncode == NO_INPUT, messages
    assert len(rows(tmp_path / "ray", "files")) == N_CLIPS
    for table in ("utterances", "files", "errors"):
        assert rows(tmp_path / "ray", table) == rows(tmp_path / "alone", table)
    lines = messages.splitlines()
    assert all(line.startswith("emostream: ") for line in lines), messages
    assert lines[-1].startswith("emostream: 100% · 13 of 13 files (1 could not be read)")


def test_no_cluster_is_one_line(clips: Path, tmp_path: Path) -> None:
    words = ["archive", clips, "--out", tmp_path / "out", "--engine", "ray", "--cluster", "127.0.0.1:1"]
    said = run(*words, env=ENVIRONMENT)
    assert said.returncode == UNAVAILABLE
    assert_one_line(said.stderr, "no Ray cluster at 127.0.0.1:1", "expected one that 'ray start' began")


def test_a_cluster_that_goes_is_one_line(cluster: RayCluster, clips: Path, tmp_path: Path) -> None:
    """The last test that has this cluster."""
    with started(cluster, clips, tmp_path / "out") as process:
        wait_for(process, lambda: [one for one in descendants(cluster.pids) if "ray::MapWorker" in one.name])
        for one in descendants(cluster.pids):
            os.kill(one.pid, signal.SIGKILL)
        assert process.stderr is not None
        messages = process.stderr.read()
    assert process.returncode == UNAVAILABLE
    assert "the Ray cluster is gone" in messages.splitlines()[-1]
    assert all(line.startswith("emostream: ") for line in messages.splitlines()), messages
