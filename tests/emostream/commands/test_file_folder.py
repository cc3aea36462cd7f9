"""``emostream file --out DIR``: many recordings into one folder."""

import os
import resource
import shutil
import signal
import subprocess
from contextlib import closing
from pathlib import Path

import msgspec
import numpy as np
import pandas
import pytest
import soundfile

from emostream.assets import DEMO_RECORDING
from emostream.audio import Samples
from emostream.batch.record import FILE, Record
from emostream.errors import NO_INPUT, USAGE
from emostream.events import AnyEvent, Utterance
from emostream.timelines.registry import NAMES, file_suffix
from emostream.timelines.wording import span_words
from tests.support import commands
from tests.support.processes import COMMAND, ROOT, assert_one_line, emostream, environment, events_of
from tests.support.streams import HZ, of_type
from tests.support.terminal import Terminal
from tests.support.timeline_readers import READERS, WORDED
from tests.support.timelines import Span, timeline_of

ODD = 'odd, "שלום" <b>&\n.wav'
# Seconds of the demo recording; in each somebody speaks.
CLIPS = {"a/talk.wav": (0, 10), "b/talk.wav": (5, 9), ODD: (9, 13)}


@pytest.fixture(scope="module")
def recordings(recording: Samples, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three clips and something that is none."""
    folder = tmp_path_factory.mktemp("recordings")
    for name, (start_s, end_s) in CLIPS.items():
        (folder / name).parent.mkdir(exist_ok=True)
        soundfile.write(folder / name, recording[start_s * HZ : end_s * HZ], HZ)
    (folder / "bad.wav").write_text("Dear diary, today I was happy.")
    return folder


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("out")


@pytest.fixture(scope="module")
def said(recordings: Path, out: Path, model_arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """All formats of all recordings, by two processes."""
    return emostream("file", recordings, "--out", out, "--format", ",".join(NAMES), "--jobs", "2", *model_arguments)


def test_one_that_is_bad_does_not_end_the_others(said: subprocess.CompletedProcess[str], recordings: Path) -> None:
    assert said.returncode == NO_INPUT
    lines = said.stderr.splitlines()
    (bad,) = [line for line in lines if "bad.wav" in line]
    assert bad.startswith(f"emostream: {recordings}/bad.wav holds text, not sound")
    assert lines[-2].startswith("emostream: 100%, 4 of 4 files, 00:18 of 00:18 of audio")
    assert "the voices can be heard" in lines[-1]
    assert all(line.startswith("emostream: ") for line in lines)
    assert "3 files" in said.stdout


def test_the_table_has_a_row_for_each(said: subprocess.CompletedProcess[str], recordings: Path, out: Path) -> None:
    assert said.stdout
    table = pandas.read_csv(out / "summary.csv")
    assert list(table["file"]) == [*sorted(f"{recordings}/{name}" for name in CLIPS), f"{recordings}/bad.wav"]
    read, bad = table.iloc[:3], table.iloc[3]
    assert list(read["seconds"]) == [10.0, 4.0, 4.0]
    shares = read[[name for name in table.columns if name.startswith("share_")]].sum(axis=1)
    assert np.allclose(shares[shares > 0], 1, atol=0.001)
    assert "holds text" in bad["error"]
    assert np.isnan(bad["seconds"])


def test_names_keep_their_place_and_nothing_else_is_left(said: subprocess.CompletedProcess[str], out: Path) -> None:
    assert said.stdout
    found = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    stems = ["a/talk", "b/talk", ODD.removesuffix(".wav")]
    suffixes = (".txt", ".jsonl", ".csv", ".json", ".srt", ".vtt", ".audacity.txt", ".rttm", ".TextGrid", ".eaf")
    others = (".emotionml", ".parquet", ".timeline.txt", ".png", ".svg", ".html")
    expected = {f"{stem}{suffix}" for stem in stems for suffix in (*suffixes, *others)}
    assert found == expected | {"summary.csv", FILE}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("stem", ["a/talk", ODD.removesuffix(".wav")])
def test_each_format_says_what_the_events_say(
    name: str, stem: str, said: subprocess.CompletedProcess[str], out: Path, tmp_path: Path
) -> None:
    assert said.stdout
    events: list[AnyEvent] = events_of((out / f"{stem}.jsonl").read_text())
    shutil.copy(out / f"{stem}{file_suffix(name)}", tmp_path / "plain")  # some readers take an odd name for a pattern
    spoken, gaps = READERS[name](tmp_path / "plain")
    utterances = timeline_of(events).utterances
    texts = [span_words(one) if name in WORDED else one.name for one in utterances]
    assert spoken == [Span(one.start_ms, one.end_ms, text) for one, text in zip(utterances, texts, strict=True)]
    assert len(spoken) == len(of_type(events, Utterance)) > 0
    assert gaps == []


def test_what_goes_to_standard_output_is_the_same(
    said: subprocess.CompletedProcess[str], recordings: Path, out: Path, model_arguments: list[str]
) -> None:
    assert said.stdout
    both = [recordings / "a/talk.wav", recordings / "b/talk.wav"]
    one = emostream("file", *both, "--format", "csv", *model_arguments)
    assert (one.returncode, one.stderr) == (0, "")
    header, *rows = (out / "a/talk.csv").read_text().splitlines()
    assert one.stdout.splitlines() == [header, *rows, *(out / "b/talk.csv").read_text().splitlines()[1:]]
    text = emostream("file", *both, *model_arguments)
    expected = (out / "a/talk.txt").read_text() + (out / "b/talk.txt").read_text()
    assert text.stdout.startswith(expected)
    assert "2 files" in text.stdout[len(expected) :]


@pytest.fixture
def small(recordings: Path, tmp_path: Path) -> Path:
    """A folder with two short recordings."""
    folder = tmp_path / "small"
    folder.mkdir()
    for name in ("one.wav", "two.wav"):
        shutil.copy(recordings / "b/talk.wav", folder / name)
    return folder


def test_what_is_complete_is_not_read_again(small: Path, tmp_path: Path, model_arguments: list[str]) -> None:
    command = ["file", small, "--out", tmp_path / "out", *model_arguments]
    emostream(*command, "--format", "csv,srt")
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*.csv")}
    # One source changes, one file of the other is gone, and a person has corrected a third.
    (tmp_path / "out" / "two.srt").unlink()
    with soundfile.SoundFile(small / "one.wav", "r+") as file:
        file.seek(0)
        file.write(np.zeros(100))
    again = emostream(*command, "--format", "csv")
    assert again.returncode == 0
    assert "1 of 2 recordings are complete and are not read again" in again.stderr
    changed = {path.name for path, before in written.items() if path.stat().st_mtime_ns != before}
    assert changed == {"one.csv", "summary.csv"}
    again = emostream(*command, "--format", "csv,srt")
    assert "100%, 2 of 2 files," in again.stderr, "the other's subtitles are of what its source was before"
    assert (tmp_path / "out" / "two.srt").is_file()
    again = emostream(*command, "--format", "csv,srt")
    assert again.stderr == "emostream: 2 of 2 recordings are complete and are not read again\n"
    assert "2 files" in again.stdout
    other = emostream(*command, "--format", "csv", "--no-drift")
    assert "100%, 2 of 2 files," in other.stderr


def test_a_recording_that_is_cut_off_is_said_each_time(small: Path, tmp_path: Path, model_arguments: list[str]) -> None:
    cut = small / "one.wav"
    cut.write_bytes(cut.read_bytes()[: 44 + HZ * 2])
    command = ["file", cut, "--out", tmp_path / "out", "--format", "csv", *model_arguments]
    for _ in range(2):
        ended = emostream(*command)
        assert ended.returncode == NO_INPUT
        assert "1.00 s could be read of the 4.00 s that it promises" in ended.stderr
    assert "1.00 s could be read" in pandas.read_csv(tmp_path / "out" / "summary.csv")["error"][0]


def test_standard_input_has_a_name_too(small: Path, tmp_path: Path, model_arguments: list[str]) -> None:
    sound = (small / "one.wav").read_bytes()
    command = ["file", "-", small / "two.wav", "--out", tmp_path / "out", "--format", "csv", "--jobs", "2"]
    ended = emostream(*command, *model_arguments, stdin=sound)
    assert ended.returncode == 0, ended.stderr
    piped, named = ((tmp_path / "out" / name).read_text() for name in ("standard input.csv", "two.csv"))
    assert piped == named.replace(str(small / "two.wav"), "standard input")


def test_another_process_in_the_folder_is_one_line(small: Path, tmp_path: Path, model_arguments: list[str]) -> None:
    with closing(Record(tmp_path / "out")):
        ended = emostream("file", small, "--out", tmp_path / "out", *model_arguments)
    assert ended.returncode == USAGE
    assert_one_line(ended.stderr, "is being written by another emostream")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_leaves_what_is_complete_and_says_how_to_go_on(
    jobs: str, small: Path, tmp_path: Path, model_arguments: list[str]
) -> None:
    long = tmp_path / "long.flac"
    samples = soundfile.read(DEMO_RECORDING, dtype="int16")[0]
    soundfile.write(long, np.tile(samples, 60), HZ)
    out = tmp_path / "out"
    longer = shutil.copy(long, tmp_path / "longer.flac")
    command = [*COMMAND, "file", small, long, longer, "--out", out, "--jobs", jobs]
    with subprocess.Popen(
        [*map(str, command), "--format", "csv", *model_arguments],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=environment({}),
        cwd=ROOT,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        first = process.stderr.readline()  # a tenth of the audio
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        messages = process.stderr.read()
    assert first.startswith("emostream:  10%")
    assert process.returncode == 130
    assert "the same command goes on with the others" in messages
    assert "Traceback" not in messages
    complete = [line for line in (out / FILE).read_bytes().splitlines() if msgspec.json.decode(line)]
    assert len(list(out.glob("*.csv"))) == len(complete)
    assert not list(out.glob(".emostream-*"))


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_full_disk_is_one_line(jobs: str, small: Path, tmp_path: Path, model_arguments: list[str]) -> None:
    ended = subprocess.run(
        [*COMMAND, "file", small, "--out", tmp_path / "out", "--format", "jsonl", "--jobs", jobs, *model_arguments],
        capture_output=True,
        text=True,
        env=environment({}),
        cwd=ROOT,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000)),
    )
    assert ended.returncode == 1
    (line,) = [line for line in ended.stderr.splitlines() if "%" not in line]
    assert f"{tmp_path}/out/" in line
    assert "takes no more (File too large): make room there" in line
    assert [path.name for path in (tmp_path / "out").iterdir()] == [FILE]


def test_a_folder_that_cannot_be_written_is_one_line(small: Path, tmp_path: Path, model_arguments: list[str]) -> None:
    (tmp_path / "taken").write_text("a file")
    ended = emostream("file", small, "--out", tmp_path / "taken", *model_arguments)
    assert ended.returncode == 1
    assert_one_line(ended.stderr, f"{tmp_path}/taken cannot be written (File exists)")


def test_one_whose_name_is_too_long_does_not_end_the_others(
    small: Path, tmp_path: Path, model_arguments: list[str]
) -> None:
    (small / "one.wav").rename(small / f"{'x' * 250}.wav")
    ended = emostream("file", small, "--out", tmp_path / "out", "--format", "audacity", *model_arguments)
    assert ended.returncode == NO_INPUT
    (line,) = [line for line in ended.stderr.splitlines() if "%" not in line]
    assert "cannot be written (File name too long)" in line
    assert (tmp_path / "out" / "two.audacity.txt").is_file()


def test_a_bar_is_drawn_on_a_terminal(small: Path, tmp_path: Path, model_arguments: list[str]) -> None:
    arguments = " ".join(model_arguments)
    with Terminal(100, 30, {}) as terminal:
        terminal.type(f"{' '.join(COMMAND)} file {small} --out {tmp_path}/out --format csv {arguments}", "Enter")
        screen = terminal.wait_for("2 of 2 files", "neutral", "2 files")
    assert "00:08 of 00:08 of audio" in screen
    assert "━━━━" in screen
    assert "100%" in screen


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--format", "csv,srt"], "found 2 formats for standard output, expected one, or --out DIR"),
        (["other.wav", "--format", "srt"], "found 2 recordings for standard output in the format srt"),
        (["--format", "srt", "--steps"], "--steps does nothing beside --format srt"),
        (["--format", "csv,xml"], "invalid choice: 'csv,xml'"),
        (["--jobs", "2"], "--jobs does nothing without --out"),
        (["--out", "there", "--jobs", "0"], "found 0 for --jobs, expected 1 or more"),
        (["--out", "there", "--realtime"], "--realtime does nothing beside --out"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments: list[str], says: str) -> None:
    commands.assert_refused(commands.emostream("file", "talk.wav", *arguments), USAGE, says)


def test_a_format_whose_library_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emostream.commands.extras.is_installed", lambda module: module != "pyarrow")
    said = commands.emostream("file", "talk.wav", "--format", "parquet")
    expected = "'emostream file --format parquet' needs pyarrow", "pip install 'emostream[archive]'"
    commands.assert_refused(said, USAGE, *expected)
