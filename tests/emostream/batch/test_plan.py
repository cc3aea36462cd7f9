"""What is to be read of many recordings."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from emostream.batch.overview import overview
from emostream.batch.plan import Plan, make_plan
from emostream.batch.reading import Reading
from emostream.batch.record import Record, SourceState
from tests.support.timelines import made_up_timeline


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    record = Record(tmp_path / "out")
    yield record
    record.close()


@pytest.fixture
def sources(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "in" / name for name in ("a/talk.wav", "b/talk.wav")]
    for path in paths:
        path.parent.mkdir(parents=True)
        path.write_bytes(b"sound")
    return paths


def complete(plan: Plan) -> None:
    """As if all tasks were done."""
    for task in plan.tasks:
        for file in task.files.values():
            file.parent.mkdir(exist_ok=True)
            file.write_text("content")
        row = msgspec.structs.replace(overview(made_up_timeline()), source=task.name)
        plan.add(task, Reading(row, SourceState.of(task.path)))


def test_each_recording_is_a_task_until_its_files_are_there(record: Record, sources: list[Path]) -> None:
    plan = make_plan(record, [*sources, sources[0]], ["csv", "text"], "models", roots=[sources[0].parents[1]])
    assert [task.path for task in plan.tasks] == sources
    assert plan.tasks[0].files == {"csv": record.folder / "a/talk.csv", "text": record.folder / "a/talk.txt"}
    complete(plan)
    again = make_plan(record, sources, ["csv"], "models", roots=[sources[0].parents[1]])
    assert again.tasks == ()
    assert {path: entry.overview.source for path, entry in again.complete.items()} == {
        path: str(path) for path in sources
    }


def test_formats_that_are_added_leave_those_of_before_complete(record: Record, sources: list[Path]) -> None:
    complete(make_plan(record, sources, ["csv"], "models"))
    complete(make_plan(record, sources, ["srt"], "models"))
    assert make_plan(record, sources, ["csv", "srt"], "models").tasks == ()
    assert len(make_plan(record, sources, ["csv"], "other models").tasks) == 2


def test_names_of_before_are_not_given_to_others(record: Record, sources: list[Path]) -> None:
    complete(make_plan(record, sources[:1], ["csv"], "models"))
    (task,) = make_plan(record, sources[1:], ["csv"], "models").tasks
    assert task.files == {"csv": record.folder / "b/talk.csv"}


def test_rows_of_steps_have_a_file_of_their_own_and_the_tables_name_is_taken(record: Record, tmp_path: Path) -> None:
    source = tmp_path / "summary.wav"
    source.write_bytes(b"sound")
    (task,) = make_plan(record, [source], ["csv", "eaf"], "models", with_steps=True).tasks
    assert {path.name for path in task.files.values()} == {"summary.steps.csv", "summary.eaf"}
    (task,) = make_plan(record, [source], ["csv"], "models").tasks
    assert task.files["csv"].name == "summary.wav.csv"


def test_a_source_that_cannot_be_seen_is_read_each_time(record: Record) -> None:
    complete(make_plan(record, [Path("standard input")], ["csv"], "models"))
    assert record.completed == {}
    assert len(make_plan(record, [Path("standard input")], ["csv"], "models").tasks) == 1
