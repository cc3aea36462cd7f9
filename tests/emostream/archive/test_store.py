"""Folders of archives, on a disk and elsewhere."""

from contextlib import closing
from pathlib import Path

import pytest

from emostream.archive.store import Store
from emostream.errors import EmostreamError, UsageError


@pytest.fixture(params=["disk", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "out") if request.param == "disk" else f"memory://{tmp_path.name}"


def test_files_are_written_listed_and_removed(place: str) -> None:
    with closing(Store(place)) as store:
        assert store.names("files", ".parquet") == []
        assert store.read("files/a.parquet") is None
        for name in ("b.parquet", "a.parquet", "c.txt"):
            store.write(f"files/{name}", name.encode())
        assert store.names("files", ".parquet") == ["a.parquet", "b.parquet"]
        assert store.read("files/a.parquet") == b"a.parquet"
        store.write("files/a.parquet", b"again")
        assert store.read("files/a.parquet") == b"again"
        for _ in range(2):
            store.remove("files/a.parquet")
        assert store.names("files", ".parquet") == ["b.parquet"]


def test_a_second_process_is_refused_on_a_disk(tmp_path: Path) -> None:
    with closing(Store(str(tmp_path))), pytest.raises(UsageError, match="is being written by another emostream"):
        Store(str(tmp_path))
    Store(f"file://{tmp_path}").close()


def test_a_second_process_takes_over_elsewhere_and_the_first_finds_it(tmp_path: Path) -> None:
    with closing(Store(f"memory://{tmp_path.name}")) as first:
        first.require_ours()
        with closing(Store(f"memory://{tmp_path.name}")) as second:
            second.require_ours()
            with pytest.raises(UsageError, match="is being written by another emostream since"):
                first.require_ours()


@pytest.mark.parametrize("place", ["{folder}/taken/out", "/proc/nowhere", "adl://bucket/out"])
def test_where_nobody_can_write_is_one_line(place: str, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(EmostreamError) as caught:
        Store(place.format(folder=tmp_path))
    assert "\n" not in str(caught.value)
