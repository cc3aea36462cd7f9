"""One recording into files of several formats."""

from pathlib import Path

import pytest

from emostream.events import Utterance
from emostream.timelines.exports import export_files, open_exports
from tests.support.processes import events_of
from tests.support.timeline_readers import read_srt
from tests.support.timelines import WORDS, made_up_events


def test_files_are_there_once_the_recording_is_over_and_not_before(tmp_path: Path) -> None:
    files = {"srt": tmp_path / "talk.srt", "jsonl": tmp_path / "talk.jsonl", "text": tmp_path / "talk.txt"}
    events = made_up_events("talk.wav")
    with export_files(files) as exports:
        for event in events:
            exports.emit(event)
        assert not [path for path in files.values() if path.exists()]
    assert read_srt(files["srt"])[0] == WORDS
    assert events_of(files["jsonl"].read_text()) == events
    text = files["text"].read_text()
    assert "earlier: שמח" in text
    assert "whole file" in text
    assert sorted(tmp_path.iterdir()) == sorted(files.values())


def test_what_fails_leaves_the_file_of_before(tmp_path: Path) -> None:
    path = tmp_path / "talk.srt"
    path.write_text("before")
    events = made_up_events()
    with pytest.raises(ValueError, match="expected a hello"), export_files({"srt": path}) as exports:
        exports.emit(events[1])
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_only_the_wanted_types_of_events_are_written(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    with export_files({"jsonl": path}, event_types=("utterance",)) as exports:
        for event in made_up_events("talk.wav"):
            exports.emit(event)
    hello, *others = events_of(path.read_text())
    assert hello.stream == "talk.wav"
    assert len(others) == 5
    assert all(isinstance(event, Utterance) for event in others)


def test_pictures_have_all_steps_and_rows_none_that_were_not_asked_for(tmp_path: Path) -> None:
    files = {"csv": tmp_path / "talk.csv", "html": tmp_path / "talk.html", "timeline": tmp_path / "talk.timeline.txt"}
    with export_files(files) as exports:
        for event in made_up_events("talk.wav"):
            exports.emit(event)
    assert '"steps":{"ends"' in files["html"].read_text()
    assert "utterance" in files["csv"].read_text()
    assert files["timeline"].read_text().startswith("talk.wav\n")


@pytest.mark.parametrize("name", ["jsonl", "text", "csv", "html", "png"])
def test_a_full_disk_is_an_error(name: str) -> None:
    def write() -> None:
        with Path("/dev/full").open("wb") as full, open_exports({name: full}) as exports:
            for event in made_up_events("talk.wav"):
                exports.emit(event)

    with pytest.raises(OSError, match="No space left"):
        write()
