"""The clients in ``docs/clients`` against the real server: what they print is what the recording is read as."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from playwright._impl._driver import compute_driver_executable

from emostream.audio import Samples
from emostream.events import AnyEvent, Estimate, Summary, Utterance
from tests.support.processes import ROOT, Running, events_of, file_events, judged
from tests.support.serving import serve, until
from tests.support.stream_events import estimate, hello
from tests.support.streams import HZ

CLIENTS = ROOT / "docs" / "clients"
# Playwright's driver is a Node of its own, so a browser's tests need no other.
NODE = compute_driver_executable()[0]
ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/")
CLIP_S = 9
TIMEOUT_S = 120


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory, recording: Samples) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.wav"
    soundfile.write(path, recording[: CLIP_S * HZ], HZ, subtype="PCM_16")
    return path


@pytest.fixture(scope="module")
def from_file(clip: Path, model_arguments: list[str]) -> list[AnyEvent]:
    return file_events(clip, model_arguments)


@pytest.fixture(scope="module")
def port(model_arguments: list[str]) -> Iterator[int]:
    with Running("serve", "--port", 0, *model_arguments) as running:
        running.wait_for(lambda it: ADDRESS.search(it.messages))
        found = ADDRESS.search(running.messages)
        assert found is not None
        yield int(found[1])


def run(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, cwd=ROOT, timeout=TIMEOUT_S, check=False
    )


def test_node_sends_a_clip_and_gets_what_the_file_gives(clip: Path, port: int, from_file: list[AnyEvent]) -> None:
    ended = run(NODE, CLIENTS / "speak.mjs", clip, f"ws://127.0.0.1:{port}/ws?stream=")
    assert (ended.returncode, ended.stderr) == (0, "")
    got = events_of(ended.stdout)
    assert isinstance(got[-1], Summary)
    expected = [event for event in judged(from_file) if isinstance(event, Estimate | Utterance)]
    assert len(expected) > CLIP_S
    for ours, theirs in zip(judged(got), expected, strict=True):
        assert (type(ours), ours.t_start_ms, ours.t_end_ms) == (type(theirs), theirs.t_start_ms, theirs.t_end_ms)
        assert isinstance(ours, Estimate | Utterance)
        assert isinstance(theirs, Estimate | Utterance)
        assert ours.label == theirs.label
        assert ours.p == pytest.approx(theirs.p, abs=1e-3)


def test_node_says_what_the_server_refuses(tmp_path: Path, port: int) -> None:
    slow = tmp_path / "slow.wav"
    soundfile.write(slow, [0.0] * 100, 100, subtype="PCM_16")
    ended = run(NODE, CLIENTS / "speak.mjs", slow, f"ws://127.0.0.1:{port}/ws?stream=")
    assert ended.returncode == 1
    assert "bad_message" in ended.stderr
    assert "1007" in ended.stderr


def test_node_follows_the_labels() -> None:
    server = serve()
    try:
        command = [NODE, str(CLIENTS / "labels.mjs"), f"ws://127.0.0.1:{server.port}/ws"]
        node = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        until(lambda: server.clients == 1)
        server.emit(hello())
        server.emit(estimate(1))
        assert node.stdout is not None
        line = node.stdout.readline()
    finally:
        server.close()
    _, errors = node.communicate(timeout=TIMEOUT_S)
    assert line.startswith(f"{estimate(1).t_end_ms} {estimate(1).label} ")
    assert errors.startswith("closed: 1001")


def test_python_sends_a_clip_and_gets_what_the_file_gives(clip: Path, port: int, from_file: list[AnyEvent]) -> None:
    ended = run(sys.executable, CLIENTS / "speak.py", clip, f"ws://127.0.0.1:{port}/ws?stream=")
    assert (ended.returncode, ended.stderr) == (0, "")
    utterances = [event for event in from_file if isinstance(event, Utterance)]
    lines = ended.stdout.splitlines()
    assert [line.split()[:4] for line in lines[:-1]] == [
        ["Utterance", str(event.t_start_ms), str(event.t_end_ms), str(event.label)] for event in utterances
    ]
    assert lines[-1].startswith("Summary 0 ")
