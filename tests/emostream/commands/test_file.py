"""``emostream file``: what it prints, what it refuses, and how it ends."""

import os
import re
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import soundfile

from emostream.assets import DEMO_RECORDING
from emostream.audio import Samples
from emostream.errors import NO_INPUT
from emostream.events import AnyEvent, Estimate, Health, Hello, Summary, Utterance
from emostream.sinks.drawing import clock
from tests.support.processes import COMMAND, ROOT, Running, assert_one_line, emostream, environment, events_of
from tests.support.streams import HZ, of_type

INTERRUPTED = 130


@pytest.fixture(scope="module")
def clip(recording: Samples, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds with speech in them."""
    path = tmp_path_factory.mktemp("clip") / "clip.wav"
    soundfile.write(path, recording[HZ : 3 * HZ], HZ)
    return path


@pytest.fixture(scope="module")
def said(model_arguments: list[str]) -> subprocess.CompletedProcess[str]:
    return emostream("file", "--format", "jsonl", *model_arguments, DEMO_RECORDING)


@pytest.fixture(scope="module")
def events(said: subprocess.CompletedProcess[str]) -> list[AnyEvent]:
    return events_of(said.stdout)


def test_json_lines_are_a_stream_from_hello_to_summary(
    said: subprocess.CompletedProcess[str], events: list[AnyEvent]
) -> None:
    assert (said.returncode, said.stderr) == (0, "")
    assert isinstance(events[0], Hello)
    assert isinstance(events[-1], Summary)
    assert [event.seq for event in events] == list(range(len(events)))
    assert {event.stream for event in events} == {str(DEMO_RECORDING)}
    assert {event.ts for event in events} == {None}
    ends = [event.t_end_ms for event in of_type(events, Estimate)]
    assert ends[:2] == [500, 750]
    assert ends[-1] == events[-1].t_end_ms == pytest.approx(35_160, abs=1)
    assert all(event.latency_ms is None for event in of_type(events, Estimate))
    assert len(of_type(events, Utterance)) == 8


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3"])
def test_a_file_on_standard_input_is_read_as_by_its_name(
    suffix: str, recording: Samples, tmp_path: Path, model_arguments: list[str]
) -> None:
    path = tmp_path / f"clip.{suffix}"
    soundfile.write(path, recording[HZ : 4 * HZ], HZ)
    named = emostream("file", *model_arguments, path)
    piped = emostream("file", *model_arguments, "-", stdin=path.read_bytes())
    assert (piped.returncode, piped.stderr) == (0, "")
    assert piped.stdout == named.stdout.replace(str(path), "standard input")


@pytest.mark.parametrize(("data", "says"), [(b"", "is empty"), (b"hello\n", "holds text"), (b"OggS" * 9, "like Ogg")])
def test_what_is_no_file_of_sound_on_standard_input_is_one_line(
    data: bytes, says: str, model_arguments: list[str]
) -> None:
    ended = emostream("file", *model_arguments, "-", stdin=data)
    assert ended.returncode == NO_INPUT
    assert_one_line(ended.stderr, "standard input", says)


def test_what_a_decoder_prints_of_a_damaged_file_is_not_seen(
    recording: Samples, tmp_path: Path, model_arguments: list[str]
) -> None:
    path = tmp_path / "clip.mp3"
    soundfile.write(path, recording[HZ : 4 * HZ], HZ)
    data = bytearray(path.read_bytes())
    data[2_000:6_000] = bytes(range(250)) * 16
    path.write_bytes(data)
    ended = emostream("file", *model_arguments, path)
    assert "mpg123" not in ended.stderr
    assert ended.stderr.count("\n") <= 1


def test_text_is_a_timeline_and_the_same_verdict(events: list[AnyEvent], model_arguments: list[str]) -> None:
    ended = emostream("file", *model_arguments, DEMO_RECORDING)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith(f"{DEMO_RECORDING}\n")
    summary = events[-1]
    assert isinstance(summary, Summary)
    verdict = f"  whole file  {summary.label} {summary.confidence:.0%}"
    if not summary.label:
        verdict = f"  whole file  unsure (closest is {max(summary.p, key=summary.p.__getitem__)}, "
        verdict += f"{summary.confidence:.0%})"
    assert f"{verdict}  over {summary.speech_seconds:.1f} s of speech in {summary.seconds:.1f} s\n" in ended.stdout
    for utterance in of_type(events, Utterance):
        span = f"  {clock(utterance.t_start_ms)} – {clock(utterance.t_end_ms)}  "
        closest = max(utterance.p, key=utterance.p.__getitem__)
        verdict = f"{utterance.label}  " if utterance.label else f"unsure  closest is {closest}, "
        assert re.sub("  +", "  ", ended.stdout).count(f"{span}{verdict}{utterance.confidence:.0%}") == 1
    spans = emostream("file", *model_arguments, DEMO_RECORDING, "--steps").stdout.splitlines()
    assert [line for line in spans if not line.startswith("    ")] == ended.stdout.splitlines()
    for label in {event.label for event in of_type(events, Estimate)} - {None}:
        assert any(line.startswith("    ") and f"  {label} " in line for line in spans)
    assert "\x1b" not in ended.stdout


def damaged(folder: Path, clip: Path) -> dict[Path, str]:
    """Files that cannot be served, each with what must be said of it."""
    whole = clip.read_bytes()
    odd_rate = bytearray(whole)
    odd_rate[24:28] = (10**9).to_bytes(4, "little")
    contents = {
        "empty.wav": (b"", "is empty (0 bytes)"),
        "text.wav": (b"Dear diary, today I was happy.\n", "holds text, not sound"),
        "head.wav": (whole[:30], "begins like WAV, but its header is cut short"),
        "silent.wav": (whole[:44], "no samples"),
        "rate.wav": (bytes(odd_rate), "says that its rate is 1000000000 Hz: expected 1000 to 768000"),
    }
    for name, (content, _) in contents.items():
        (folder / name).write_bytes(content)
    for name in ("video.mp4", "video.mkv"):
        film = ["-f", "lavfi", "-i", "testsrc=duration=1:size=64x64"]
        subprocess.run(["ffmpeg", "-loglevel", "error", *film, folder / name], check=True, stdin=subprocess.DEVNULL)
    (folder / "folder").mkdir()
    (folder / "folder" / "notes.txt").write_text("nothing to hear")
    return {folder / name: message for name, (_, message) in contents.items()} | {
        folder / "missing.wav": "does not exist",
        folder / "video.mp4": "there is no sound in it",
        folder / "video.mkv": "there is no sound in it",
        folder / "folder": "holds no audio file",
    }


def test_each_file_that_cannot_be_served_is_one_line_and_the_others_are_served(
    clip: Path, tmp_path: Path, model_arguments: list[str]
) -> None:
    bad = damaged(tmp_path, clip)
    good = tmp_path / "last"
    good.mkdir()
    for name in ("b.wav", "a.wav"):
        (good / name).write_bytes(clip.read_bytes())
    ended = emostream("file", "--format", "jsonl", *model_arguments, clip, *bad, good)
    assert ended.returncode == NO_INPUT
    lines = ended.stderr.splitlines()
    assert len(lines) == len(bad)
    for line, (path, said) in zip(lines, bad.items(), strict=True):
        assert line.startswith(f"emostream: {path}")
        assert said in line
    served = [event.stream for event in of_type(events_of(ended.stdout), Summary)]
    assert served == [str(clip), str(good / "a.wav"), str(good / "b.wav")]


def test_a_file_that_is_cut_off_is_served_as_far_as_it_goes_and_then_said(
    clip: Path, tmp_path: Path, model_arguments: list[str]
) -> None:
    cut = tmp_path / "cut.wav"
    cut.write_bytes(clip.read_bytes()[: 44 + HZ * 2])
    ended = emostream("file", "--format", "jsonl", *model_arguments, cut)
    assert ended.returncode == NO_INPUT
    assert_one_line(ended.stderr, str(cut), "1.00 s could be read of the 2.00 s that it promises")
    (summary,) = of_type(events_of(ended.stdout), Summary)
    assert summary.seconds == 1


def test_a_file_among_others_says_what_it_says_alone(
    clip: Path, events: list[AnyEvent], model_arguments: list[str]
) -> None:
    ended = emostream("file", "--format", "jsonl", *model_arguments, clip, DEMO_RECORDING)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert [event for event in events_of(ended.stdout) if event.stream != str(clip)] == events


@pytest.mark.parametrize("form", ["jsonl", "text"])
def test_a_reader_who_has_enough_ends_it_quietly_and_at_once(form: str, model_arguments: list[str]) -> None:
    # At the pace of the audio this would take six minutes.
    many = ["--realtime", *[str(DEMO_RECORDING)] * 10]
    with subprocess.Popen(
        [*COMMAND, "file", "--format", form, *model_arguments, *many],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment({}),
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.parametrize("form", ["jsonl", "text"])
def test_a_full_disk_is_one_line(form: str, clip: Path, model_arguments: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [*COMMAND, "file", "--format", form, *model_arguments, clip],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment({}),
            cwd=ROOT,
            check=False,
        )
    assert ended.returncode == 1
    assert_one_line(ended.stderr.decode(), "standard output takes no more (No space left on device)")


@pytest.mark.parametrize("pace", [[], ["--realtime"]])
def test_ctrl_c_ends_it_without_a_word(pace: list[str], model_arguments: list[str]) -> None:
    with Running("file", "--format", "jsonl", *pace, *model_arguments, *[DEMO_RECORDING] * 200) as running:
        running.wait_for(lambda it: it.received(Estimate))
        assert running.interrupt() == INTERRUPTED
    assert running.messages == ""


def test_ctrl_c_leaves_the_span_that_was_open_on_the_page(model_arguments: list[str]) -> None:
    command = [*COMMAND, "file", "--realtime", *model_arguments, DEMO_RECORDING]
    with subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, env=environment({}), cwd=ROOT) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(2)]  # the name, and the silence before the first word
        process.send_signal(signal.SIGINT)
        lines += process.stdout.readlines()
    assert process.returncode == INTERRUPTED
    assert len(lines) == 3
    # Where the span began is left to how fast the machine is; that it is on the page is certain.
    assert lines[2].startswith(b"  00:0")


def test_in_real_time_it_takes_as_long_as_the_audio_and_says_how_late_it_is(
    clip: Path, model_arguments: list[str]
) -> None:
    ended = emostream("file", "--realtime", "--format", "jsonl", *model_arguments, clip)
    assert (ended.returncode, ended.stderr) == (0, "")
    events = events_of(ended.stdout)
    assert [event.seq for event in events] == list(range(len(events)))
    times = [datetime.fromisoformat(str(event.ts)) for event in events]
    took_s = (times[-1] - times[0]).total_seconds()
    # How late it may be is left to the machine; that it is never early is certain.
    assert 1.9 <= took_s <= 12
    assert isinstance(events[-1], Summary)
    assert of_type(events, Health)
    for event, at in zip(events, times, strict=True):
        if isinstance(event, Estimate):
            assert event.latency_ms is not None
            captured_s = (at - times[0]).total_seconds() - event.latency_ms / 1000
            assert captured_s == pytest.approx(event.t_end_ms / 1000, abs=0.05)


PEAK = """
import sys
from pathlib import Path
from emostream.cli import main

code = main(sys.argv[1:])
print(next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")).split()[1])
sys.exit(code)
"""


def test_memory_does_not_grow_with_the_number_of_files(
    recording: Samples, tmp_path: Path, model_arguments: list[str]
) -> None:
    """The most memory that 50 clips and 200 clips ever took, in a process each."""
    peaks_mb = []
    for count in (50, 200):
        folder = tmp_path / str(count)
        folder.mkdir()
        for index, start in enumerate(np.linspace(0, len(recording) - HZ, count).astype(int)):
            soundfile.write(folder / f"{index:03}.wav", recording[start : start + HZ // 2 + 40 * index], HZ)
        command = [sys.executable, "-c", PEAK, "file", "--format", "jsonl", *model_arguments, str(folder)]
        ended = subprocess.run(command, capture_output=True, env=environment({}), cwd=ROOT, check=True)
        *lines, peak_kb = ended.stdout.decode().splitlines()
        assert len(of_type(events_of("\n".join(lines)), Summary)) == count
        peaks_mb.append(int(peak_kb) / 1024)
    assert peaks_mb[1] < peaks_mb[0] + 4, f"{os.uname().machine}: {peaks_mb}"
