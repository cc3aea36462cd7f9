"""``emostream listen -``: raw PCM on standard input says what the same sound in a file says."""

import os
import subprocess
from pathlib import Path

import pytest
import soundfile
import soxr

from emostream.assets import DEMO_RECORDING
from emostream.audio import Samples
from emostream.errors import NO_INPUT, USAGE
from emostream.events import Error, Health, Hello, Utterance
from tests.support.processes import (
    COMMAND,
    ROOT,
    Running,
    assert_log_lines,
    assert_one_line,
    emostream,
    environment,
    events_of,
    file_events,
    judged,
)
from tests.support.streams import HZ, assert_same, of_type

INTERRUPTED = 130
OTHER_HZ = 44_100


def pcm(samples: Samples) -> bytes:
    return (samples * 32768).astype("<i2").tobytes()


def test_it_says_the_same_as_the_file(recording: Samples, model_arguments: list[str]) -> None:
    ended = emostream("listen", "-", "--rate", HZ, *model_arguments, stdin=pcm(recording))
    assert (ended.returncode, ended.stderr) == (0, "")
    events = events_of(ended.stdout)
    assert isinstance(events[0], Hello)
    assert isinstance(events[-1], Health)
    assert [event.seq for event in events] == list(range(len(events)))
    assert of_type(events, Health)[-1].dropped_events == 0
    assert_same(judged(events), judged(file_events(DEMO_RECORDING, model_arguments)))


def test_another_encoding_and_rate(recording: Samples, tmp_path: Path, model_arguments: list[str]) -> None:
    sound = soxr.resample(recording[: 4 * HZ], HZ, OTHER_HZ).astype("<f4")
    soundfile.write(tmp_path / "sound.wav", sound, OTHER_HZ, subtype="FLOAT")
    ended = emostream(
        *("listen", "--device", "-", "--rate", OTHER_HZ, "--encoding", "f32le", *model_arguments),
        stdin=sound.tobytes(),
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert_same(judged(events_of(ended.stdout)), judged(file_events(tmp_path / "sound.wav", model_arguments)))


def test_an_odd_byte_at_the_end_is_said_after_the_rest(recording: Samples, model_arguments: list[str]) -> None:
    ended = emostream("listen", "-", *model_arguments, stdin=pcm(recording[: 2 * HZ]) + b"\x07")
    assert ended.returncode == NO_INPUT
    assert_one_line(ended.stderr, "standard input ended within a sample (1 of 2 bytes, left out)")
    *_, utterance, error, health = events_of(ended.stdout)
    assert isinstance(utterance, Utterance)
    assert isinstance(error, Error)
    assert error.message in ended.stderr
    assert isinstance(health, Health)
    assert not health.source_ok


def test_nothing_at_all(model_arguments: list[str]) -> None:
    ended = emostream("listen", "-", *model_arguments, stdin=b"")
    assert ended.returncode == NO_INPUT
    assert_one_line(ended.stderr, "standard input ended after 0 bytes: expected raw PCM")


@pytest.mark.parametrize("rate", [0, -1, 999, 10**9])
def test_a_rate_that_cannot_be(rate: int, model_arguments: list[str]) -> None:
    ended = emostream("listen", "-", "--rate", rate, *model_arguments, stdin=bytes(100))
    assert (ended.returncode, ended.stdout) == (USAGE, "")
    assert_one_line(ended.stderr, f"{rate} Hz is no sample rate of speech: expected", "1000 to 768000")


def test_a_terminal(model_arguments: list[str]) -> None:
    controller_fd, terminal_fd = os.openpty()
    try:
        ended = subprocess.run(
            [*COMMAND, "listen", "-", *model_arguments],
            stdin=terminal_fd,
            capture_output=True,
            env=environment({}),
            cwd=ROOT,
            check=False,
        )
    finally:
        os.close(controller_fd)
        os.close(terminal_fd)
    assert (ended.returncode, ended.stdout) == (USAGE, b"")
    assert_one_line(ended.stderr.decode(), "standard input is a terminal", "arecord")


def test_a_reader_who_has_enough_ends_it_quietly(model_arguments: list[str]) -> None:
    with (
        Path("/dev/zero").open("rb") as endless,
        subprocess.Popen(
            [*COMMAND, "listen", "-", *model_arguments],
            stdin=endless,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment({}),
            cwd=ROOT,
        ) as process,
    ):
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_a_full_disk_ends_it_with_one_line(model_arguments: list[str]) -> None:
    with Path("/dev/zero").open("rb") as endless, Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [*COMMAND, "listen", "-", *model_arguments],
            stdin=endless,
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment({}),
            cwd=ROOT,
            check=False,
        )
    assert ended.returncode == 1
    assert_one_line(ended.stderr.decode(), "standard output takes no more (No space left on device)")


def test_a_silent_writer_can_be_interrupted(model_arguments: list[str]) -> None:
    with Running("listen", "-", *model_arguments, stdin=subprocess.PIPE) as running:
        running.wait_for(lambda it: len(it.received(Health)) >= 2)
        assert running.interrupt() == INTERRUPTED
        assert running.process.stdin is not None
        running.process.stdin.close()
    if running.messages:  # after two seconds of silence
        assert_log_lines(running.messages, "warning daemon: standard input is open and nothing comes")
