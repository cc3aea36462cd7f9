"""What is complete in a folder."""

import json
from pathlib import Path

import pytest

from emostream.batch.overview import overview
from emostream.batch.record import FILE, Completed, Record, SourceState
from emostream.errors import UsageError
from tests.support.timelines import made_up_timeline

SOURCE = '/talks/caf\udce9 "1".wav'
STATE = SourceState(1_000, 5)


def completed(read_by: str = "models", source: str = SOURCE) -> Completed:
    row = overview(made_up_timeline("talk.wav"))
    return Completed(source=source, state=STATE, read_by=read_by, files=("talk.csv", "talk.srt"), overview=row)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With the two files, which are complete."""
    record = Record(tmp_path)
    for file in completed().files:
        (tmp_path / file).write_text("content")
    record.add(completed())
    record.close()
    return tmp_path


def test_what_was_added_is_there_the_next_time(folder: Path) -> None:
    record = Record(folder)
    assert record.completed == {SOURCE: completed()}
    assert record.owners() == {"talk.csv": SOURCE, "talk.srt": SOURCE}
    assert record.is_complete(SOURCE, STATE, "models", ("talk.csv",))
    record.close()


@pytest.mark.parametrize(
    ("state", "read_by", "files"),
    [
        (SourceState(1_001, 5), "models", ("talk.csv",)),
        (SourceState(1_000, 6), "models", ("talk.csv",)),
        (None, "models", ("talk.csv",)),
        (STATE, "other models", ("talk.csv",)),
        (STATE, "models", ("talk.csv", "talk.eaf")),
    ],
)
def test_another_source_other_models_or_other_files_are_not_complete(
    state: SourceState | None, read_by: str, files: tuple[str, ...], folder: Path
) -> None:
    record = Record(folder)
    assert not record.is_complete(SOURCE, state, read_by, files)
    record.close()


def test_files_that_are_gone_or_empty_are_not_complete_and_changed_ones_are(folder: Path) -> None:
    record = Record(folder)
    (folder / "talk.csv").write_text("corrected by hand")
    assert record.is_complete(SOURCE, STATE, "models", ("talk.csv",))
    (folder / "talk.csv").write_text("")
    assert not record.is_complete(SOURCE, STATE, "models", ("talk.csv",))
    (folder / "talk.csv").unlink()
    assert not record.is_complete(SOURCE, STATE, "models", ("talk.csv",))
    record.close()


def test_only_one_process_writes(folder: Path) -> None:
    record = Record(folder)
    with pytest.raises(UsageError, match="is being written by another emostream"):
        Record(folder)
    record.close()
    Record(folder).close()


def test_a_line_that_was_cut_short_and_older_ones_go(folder: Path) -> None:
    record = Record(folder)
    record.add(completed("newer models"))
    record.add(completed("models", "/other.wav"))
    record.close()
    with (folder / FILE).open("ab") as file:
        file.write(b'{"source": "/th')
    record = Record(folder)
    assert record.completed[SOURCE].read_by == "newer models"
    record.close()
    lines = (folder / FILE).read_bytes().splitlines()
    assert [json.loads(line)["source"] for line in lines] == [SOURCE, "/other.wav"]


def test_the_state_of_a_source_changes_with_it(tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    assert SourceState.of(path) is None
    path.write_bytes(b"sound")
    before = SourceState.of(path)
    assert before == SourceState.of(path)
    path.write_bytes(b"other")
    assert SourceState.of(path) != before
