"""``--log`` and ``--events`` of the live commands, and ``--events`` of ``file``."""

from pathlib import Path

import numpy as np
import pytest

from emostream.assets import DEMO_RECORDING
from emostream.audio import Samples
from emostream.events import Gap, Hello, Utterance, decode
from tests.support.integrations import refusal
from tests.support.processes import emostream, events_of

SPOKEN_S = 9


@pytest.fixture(scope="module")
def pcm(recording: Samples) -> bytes:
    return (recording[: SPOKEN_S * 16_000] * 32767).astype(np.int16).tobytes()


def test_a_log_beside_the_lines_has_the_same_events(tmp_path: Path, pcm: bytes) -> None:
    log = tmp_path / "log.jsonl"
    ended = emostream("listen", "-", "--log", log, "--format", "jsonl", stdin=pcm)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == log.read_text()
    assert any(isinstance(event, Utterance) for event in events_of(ended.stdout))


def test_events_thin_the_log_and_the_lines(tmp_path: Path, pcm: bytes) -> None:
    log = tmp_path / "log.jsonl"
    ended = emostream("listen", "-", "--log", log, "--events", "utterance,gap", "--format", "jsonl", stdin=pcm)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == log.read_text()
    assert {type(event) for event in events_of(ended.stdout)} == {Hello, Utterance}


def test_a_full_log_ends_nothing_else(pcm: bytes) -> None:
    ended = emostream("listen", "-", "--log", "/dev/full", "--format", "jsonl", stdin=pcm)
    assert ended.returncode == 0
    events = events_of(ended.stdout)
    assert any(isinstance(event, Utterance) for event in events)


def test_file_thins_its_lines_too(model_arguments: list[str]) -> None:
    whole = emostream("file", DEMO_RECORDING, "--format", "jsonl", *model_arguments)
    thin = emostream("file", DEMO_RECORDING, "--format", "jsonl", "--events", "utterance", *model_arguments)
    assert (thin.returncode, thin.stderr) == (0, "")
    wanted = [line for line in whole.stdout.splitlines() if isinstance(decode(line), Hello | Utterance | Gap)]
    assert thin.stdout.splitlines() == wanted


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--log", "none/log"], ("none/log cannot be written (No such file or directory)",)),
        (["--log", "x", "--log-keep", -1], ("found -1 for --log-keep, expected 0 or more",)),
        (["--log", "x", "--log-max-size", "9K"], ("found '9K' for --log-max-size", "such as 500K, 100M or 2G")),
        (["--log", "x", "--log-max-size", "much"], ("found 'much' for --log-max-size",)),
        (["--log", "x", "--events", "words"], ("found 'words' for --events, expected some of hello, estimate",)),
    ],
)
def test_wrong_options_are_one_line(
    arguments: list[object], words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    line = refusal(*arguments)
    for word in words:
        assert word in line
