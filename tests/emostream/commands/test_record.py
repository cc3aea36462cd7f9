"""``record``, ``listen --record``, ``serve --record`` and ``replay`` as people run them."""

import json
import signal
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import websockets.sync.client

from emostream.audio import Samples
from emostream.errors import NO_INPUT, USAGE
from emostream.events import Estimate, Hello, Utterance, encode
from emostream.sessions.session import Session
from tests.support.processes import COMMAND, ROOT, Running, assert_one_line, emostream, environment
from tests.support.serving import receive
from tests.support.streams import HZ, of_type


@pytest.fixture(scope="module")
def speech(recording: Samples) -> bytes:
    """The first two sentences of the recording as raw PCM."""
    return np.asarray(np.round(recording[: 9 * HZ] * 32767), "<i2").tobytes()


@pytest.fixture(scope="module")
def tiny(tiny_paths: list[Path]) -> list[object]:
    return [word for path in tiny_paths for word in ("--model", path)]


@pytest.fixture(scope="module")
def session(speech: bytes, tiny: list[object], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session with rows, from raw PCM."""
    folder = tmp_path_factory.mktemp("recorded") / "evening"
    ended = emostream("record", folder, "--keep", "rows", "--device", "-", *tiny, stdin=speech)
    assert (ended.returncode, ended.stdout) == (0, "")
    begun, end = ended.stderr.splitlines()
    said = "its events and rows, from which speech can be made audible again; up to 19 MB an hour"
    assert begun == f"emostream: recording to {folder}: {said}"
    assert end.startswith(f"emostream: {folder}: 00:09 recorded, 2 utterances, 0.0")
    assert end.endswith(" MB an hour")
    return folder


def test_a_replay_gives_the_same_events(session: Path) -> None:
    ended = emostream("replay", session, "--speed", "max")
    assert (ended.returncode, ended.stderr) == (0, "")
    recorded = list(Session.open(session).events())
    assert ended.stdout.encode() == b"".join(encode(event) + b"\n" for event in recorded)
    assert len(of_type(recorded, Utterance)) == 2


def test_a_replay_to_several_sinks_at_once_loses_nothing(session: Path, tmp_path: Path) -> None:
    log = tmp_path / "utterances.jsonl"
    options = ("--speed", "max", "--log", log, "--events", "utterance", "--format", "jsonl")
    ended = emostream("replay", session, *options)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert log.read_text("utf-8") == ended.stdout
    assert [json.loads(line)["type"] for line in ended.stdout.splitlines()] == ["hello", "utterance", "utterance"]


def test_a_replay_lights_no_lamp(session: Path, tmp_path: Path) -> None:
    shown = tmp_path / "shown"
    script = tmp_path / "lamp"
    script.write_text(f'#!/bin/sh\necho "$1" >> {shown}\n', "utf-8")
    script.chmod(0o755)
    options = ("--speed", "max", "--lamp-command", f"{script} {{value}}", "--format", "jsonl")
    ended = emostream("replay", session, *options)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert any(event["type"] == "health" and event["source_ok"] for event in map(json.loads, ended.stdout.splitlines()))
    assert set(shown.read_text("utf-8").split()) == {"0"}


def test_a_replay_is_served_at_the_pace_of_the_voice_until_ctrl_c(session: Path) -> None:
    with Running("replay", session, "--serve", "--port", "0", "--speed", "0.5") as running:
        running.wait_for(lambda it: "the widget is at" in it.messages)
        address = running.messages.partition("http")[2].strip().removeprefix("://")
        with websockets.sync.client.connect(f"ws://{address}ws") as client:
            hello = receive(client)
            assert isinstance(hello, Hello)
            assert hello.recorded
            assert datetime.fromisoformat(hello.recorded) < datetime.now(UTC)
            while not isinstance(receive(client), Estimate):
                pass
        assert running.interrupt() == 130
    assert [hello.recorded for hello in of_type(running.events, Hello)] == [None]  # programs get what was recorded


def test_listen_records_beside_what_it_shows(speech: bytes, tiny: list[object], tmp_path: Path) -> None:
    ended = emostream("listen", "-", "--record", tmp_path / "at-%Y", *tiny, stdin=speech)
    assert ended.returncode == 0
    (folder,) = tmp_path.iterdir()
    assert folder.name.removeprefix("at-").isdigit()
    recorded = list(Session.open(folder).events())
    assert ended.stdout.encode() == b"".join(encode(event) + b"\n" for event in recorded)
    assert "its events alone, of which no sound can be made; a megabyte an hour" in ended.stderr


def test_what_was_recorded_before_a_kill_is_there(speech: bytes, tiny: list[object], tmp_path: Path) -> None:
    folder = tmp_path / "evening"
    with subprocess.Popen(
        [*COMMAND, "record", folder, "--keep", "rows", "--device", "-", "--format", "jsonl", *map(str, tiny)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment({}),
        cwd=ROOT,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(speech * 6)  # more than a part's worth
        process.stdin.flush()
        parts = 0
        for _ in process.stdout:
            parts = len(list((folder / "parts").glob("*.part")))
            if parts:
                break
        process.send_signal(signal.SIGKILL)
    assert parts
    session = Session.open(folder)
    assert session.manifest.ended is None
    assert list(session.events())
    ended = emostream("replay", folder, "--speed", "max")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith('{"type":"hello"')


def test_a_full_disk_ends_record_with_a_word_and_nothing_before_is_lost(
    speech: bytes, tiny: list[object], tmp_path: Path
) -> None:
    folder = tmp_path / "evening"
    limited = ["sh", "-c", 'ulimit -f 8; exec "$@"', "sh", *COMMAND]  # blocks of 512 bytes or of a kilobyte
    ended = subprocess.run(
        [*limited, "record", folder, "--keep", "rows", "--device", "-", *map(str, tiny)],
        input=speech * 6,
        capture_output=True,
        env=environment({}),
        cwd=ROOT,
        check=False,
    )
    assert ended.returncode == 1
    said = ended.stderr.decode()
    assert f"{folder} takes no more (File too large): the recording ended after" in said
    assert "Traceback" not in said
    assert Session.open(folder).manifest.kept.value == "rows"
    list(Session.open(folder).events())


class TestRefusals:
    def test_a_folder_that_is_there(self, session: Path, tiny: list[object]) -> None:
        ended = emostream("record", session, "--device", "-", *tiny, stdin=bytes(3200))
        assert ended.returncode == 1
        assert_one_line(ended.stderr, "is there already, and a session is never overwritten: name a folder that is not")

    def test_what_to_keep_without_a_recording(self, tiny: list[object]) -> None:
        ended = emostream("listen", "-", "--record-keep", "rows", *tiny, stdin=bytes(3200))
        assert ended.returncode == USAGE
        assert_one_line(ended.stderr, "--record-keep does nothing without --record")

    def test_serve_without_a_microphone(self, tmp_path: Path, tiny: list[object]) -> None:
        with Running("serve", "--port", "0", "--record", tmp_path / "evening", *tiny) as running:
            running.wait_for(lambda it: "the widget is at" in it.messages)
            running.interrupt()
        assert "found --record and no microphone of this command's own to tell of: add --microphone" in running.messages
        assert not (tmp_path / "evening").exists()

    def test_what_is_no_session(self, tmp_path: Path) -> None:
        ended = emostream("replay", tmp_path)
        assert ended.returncode == 1
        assert_one_line(ended.stderr, "is no session: found no session.json in it")

    @pytest.mark.parametrize("speed", ["fast", "0", "-1", "nan"])
    def test_a_speed_that_is_none(self, session: Path, speed: str) -> None:
        ended = emostream("replay", session, f"--speed={speed}")
        assert ended.returncode == USAGE
        assert_one_line(ended.stderr, f"found {speed!r} for --speed, expected how many times as fast as it was")

    def test_no_microphone_leaves_no_folder(self, tmp_path: Path, tiny: list[object]) -> None:
        ended = emostream("record", tmp_path / "evening", *tiny)
        assert ended.returncode not in (0, NO_INPUT)
        assert_one_line(ended.stderr, "no input device was found")
        assert not (tmp_path / "evening").exists()
