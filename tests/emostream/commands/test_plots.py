"""Pictures by ``emostream file`` and ``emostream timeline``: ``--plot``, their formats, and ``--format timeline``."""

import json
import re
from pathlib import Path

import pytest
import soundfile

from emostream.audio import Samples
from emostream.commands import plots
from emostream.errors import NO_INPUT, USAGE
from emostream.events import encode
from emostream.timelines.pictures.figure import MOST_RECORDINGS
from tests.support import commands
from tests.support.commands import assert_refused
from tests.support.processes import emostream
from tests.support.streams import HZ
from tests.support.timelines import made_up_events

PNG = b"\x89PNG\r\n"
FAILURE = 1
SOUND = '<script type="text/plain"'


@pytest.fixture(scope="module")
def recordings(recording: Samples, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sentences, each in a file of its own."""
    folder = tmp_path_factory.mktemp("recordings")
    soundfile.write(folder / "first.wav", recording[: 5 * HZ], HZ)
    soundfile.write(folder / "second.flac", recording[5 * HZ : 9 * HZ], HZ)
    return folder


def names(page: Path) -> list[str]:
    """The recordings of a page."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page.read_text(), re.S)
    assert found
    return [Path(one["name"]).name for one in json.loads(found[1])["recordings"]]


def test_one_picture_has_all_recordings(recordings: Path, tmp_path: Path, model_arguments: list[str]) -> None:
    pictures = [tmp_path / "new" / name for name in ("all.png", "all.SVG", "all.html")]
    options = [part for plot in pictures for part in ("--plot", plot)]
    said = emostream("file", *model_arguments, recordings, *options)
    assert said.returncode == 0, said.stderr
    assert said.stderr == f"emostream: {pictures[2]}: the voices can be heard in it: --no-audio leaves the sound out\n"
    assert "first.wav" in said.stdout  # the text is printed as without
    assert pictures[0].read_bytes().startswith(PNG)
    assert pictures[1].read_bytes().startswith(b"<?xml")
    assert names(pictures[2]) == ["first.wav", "second.flac"]
    assert pictures[2].read_text().count(SOUND) == 2
    assert sorted((tmp_path / "new").iterdir()) == sorted(pictures)


def test_sound_is_left_out_where_that_is_asked_for(
    recordings: Path, tmp_path: Path, model_arguments: list[str]
) -> None:
    clip = recordings / "first.wav"
    page = tmp_path / "page.html"
    said = emostream("file", *model_arguments, clip, "--plot", page, "--no-audio", "--realtime", "--format", "csv")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith("file,type,")
    assert SOUND not in page.read_text()
    assert '"envelope":{' in page.read_text()


def test_sound_that_has_no_room_is_said(
    recordings: Path, tmp_path: Path, model_arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.html"
    monkeypatch.setattr(plots, "MOST_AUDIO_BYTES", 30_000)  # less than both take together
    said = commands.emostream("file", *model_arguments, recordings, "--plot", page)
    assert said.code == 0
    assert page.read_text().count(SOUND) == 1


def test_a_folder_gets_a_picture_of_each(recordings: Path, tmp_path: Path, model_arguments: list[str]) -> None:
    said = emostream("file", *model_arguments, recordings, "--out", tmp_path, "--format", "png,html,timeline,csv")
    assert said.returncode == 0, said.stderr
    assert f"emostream: pages in {tmp_path}: the voices can be heard in it" in said.stderr
    assert (tmp_path / "first.png").read_bytes().startswith(PNG)
    assert names(tmp_path / "second.html") == ["second.flac"]
    assert SOUND in (tmp_path / "second.html").read_text()
    assert "of speech in 00:05" in (tmp_path / "first.timeline.txt").read_text()
    assert (tmp_path / "first.csv").read_text().startswith("file,type,")  # and not steps
    again = emostream("file", *model_arguments, recordings, "--out", tmp_path, "--format", "html", "--no-audio")
    assert again.returncode == 0, again.stderr
    assert SOUND not in (tmp_path / "second.html").read_text()


def test_what_cannot_be_read_is_left_out_of_the_picture(
    recordings: Path, tmp_path: Path, model_arguments: list[str]
) -> None:
    page = tmp_path / "page.html"
    said = emostream("file", *model_arguments, tmp_path / "none.wav", recordings / "first.wav", "--plot", page)
    assert said.returncode == NO_INPUT
    assert names(page) == ["first.wav"]
    page.unlink()
    said = emostream("file", *model_arguments, tmp_path / "none.wav", "--plot", page)
    assert said.returncode == NO_INPUT
    assert not page.exists()


def test_a_log_is_drawn_without_sound(tmp_path: Path) -> None:
    log, page, picture = (tmp_path / name for name in ("events.jsonl", "page.html", "picture.png"))
    log.write_bytes(b"".join(encode(event) + b"\n" for event in made_up_events("microphone")))
    said = commands.emostream("timeline", log, "--plot", page, "--plot", picture, "--out", tmp_path / "out")
    assert (said.code, said.errors) == (0, "")
    assert names(page) == ["microphone"]
    assert '"steps":{"ends"' in page.read_text()
    assert "This file holds no sound." in page.read_text()
    assert picture.read_bytes().startswith(PNG)


def test_the_terminal_gets_its_own_characters(tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    log.write_bytes(b"".join(encode(event) + b"\n" for event in made_up_events("microphone")[:-1]))
    said = emostream("timeline", log, "--format", "timeline", env={"PYTHONUTF8": "0", "LC_ALL": "C"})
    assert said.returncode == 0, said.stderr
    assert said.stdout.isascii()
    assert "00:00  .AA" in said.stdout
    assert "\x1b" not in said.stdout
    utf8 = emostream("timeline", log, log, "--format", "timeline").stdout
    assert "·" in utf8
    assert "░" in utf8


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (
            ["--plot", "talk.pdf"],
            USAGE,
            "--plot talk.pdf ends with no picture's suffix: expected one of .png, .svg, .html",
        ),
        (["--plot", "all.png", "--out", "there"], USAGE, "--plot does nothing beside --out: --format png,svg,html"),
        (["--no-audio"], USAGE, "--no-audio does nothing without --plot FILE.html"),
        (["--no-audio", "--out", "there", "--format", "png"], USAGE, "--no-audio does nothing without --format html"),
        (["--plot", "/proc/none/talk.svg"], FAILURE, "cannot be written"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments: list[str], code: int, says: str) -> None:
    assert_refused(commands.emostream("file", "talk.wav", *arguments), code, says)


def test_a_folder_in_place_of_a_picture_is_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "talk.png"
    folder.mkdir()
    assert_refused(commands.emostream("file", "talk.wav", "--plot", folder), FAILURE, "it is a directory")


def test_more_recordings_than_fit_are_refused_before_any_is_read(recordings: Path, tmp_path: Path) -> None:
    many = [recordings / "first.wav"] * (MOST_RECORDINGS + 1)
    said = commands.emostream("file", *many, "--plot", tmp_path / "all.png")
    assert_refused(said, USAGE, f"found {MOST_RECORDINGS + 1} recordings", "at most in one .png: --format png")


def test_a_library_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("emostream.commands.extras.is_installed", lambda module: module != "matplotlib")
    expected = "needs matplotlib", "pip install 'emostream[pictures]'"
    picture = tmp_path / "talk.png"
    assert_refused(commands.emostream("file", "talk.wav", "--plot", picture), USAGE, f"--plot {picture}' ", *expected)
    assert_refused(commands.emostream("file", "talk.wav", "--format", "svg"), USAGE, "--format svg' ", *expected)
