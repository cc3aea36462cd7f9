"""Timelines as Parquet, read by DuckDB."""

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from pyarrow import parquet as arrow

from emostream.timelines import parquet
from emostream.timelines.parquet import write_parquet
from tests.support.processes import ROOT, environment
from tests.support.timelines import LABELS, LENGTH_MS, N_STEPS, made_up_timeline


def written(path: Path, *, with_steps: bool = False) -> Path:
    with path.open("wb") as file:
        write_parquet(made_up_timeline(with_steps=with_steps), file)
    return path


def test_columns_have_types_and_what_is_not_known_is_null(tmp_path: Path) -> None:
    path = written(tmp_path / "talk.parquet")
    kinds = dict(duckdb.sql(f"SELECT name, type FROM parquet_schema('{path}') OFFSET 1").fetchall())
    assert (kinds["label"], kinds["start_s"], kinds["p_angry"]) == ("BYTE_ARRAY", "DOUBLE", "DOUBLE")
    query = f"SELECT label, sum(end_s - start_s) FROM '{path}' WHERE type = 'utterance' GROUP BY label ORDER BY label"
    assert [label for label, _ in duckdb.sql(query).fetchall()] == ["angry", "sad & <blue>", "שמח", None]
    assert duckdb.sql(f"SELECT count(*) FROM '{path}' WHERE p_angry IS NULL").fetchall() == [(3,)]


def test_the_metadata_says_who_read_it_and_how_long_it_is(tmp_path: Path) -> None:
    facts = json.loads(arrow.read_schema(written(tmp_path / "talk.parquet")).metadata[b"emostream"])
    assert (facts["length_ms"], facts["labels"]) == (LENGTH_MS, list(LABELS))


def test_steps_in_groups_are_all_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_ROWS_OF_GROUP", 7)
    path = written(tmp_path / "talk.parquet", with_steps=True)
    assert arrow.ParquetFile(path).num_row_groups == 6
    rows = duckdb.sql(f"SELECT end_s, speech, label FROM '{path}'").fetchall()
    assert [end_s for end_s, *_ in rows] == [0.25 * number for number in range(1, N_STEPS + 1)]
    assert {type(speech) for _, speech, _ in rows} == {bool}


def test_pandas_is_not_loaded_for_it(tmp_path: Path) -> None:
    """It is 50 MB in each process, and pyarrow would load it where it is installed."""
    code = (
        "import pathlib, sys\n"
        "from emostream.timelines.parquet import write_parquet\n"
        "from tests.support.timelines import made_up_timeline\n"
        "write_parquet(made_up_timeline(), pathlib.Path(sys.argv[1]).open('wb'))\n"
        "sys.exit('pandas' in sys.modules)"
    )
    command = [sys.executable, "-W", "ignore::ResourceWarning", "-c", code, str(tmp_path / "talk.parquet")]
    ended = subprocess.run(command, cwd=ROOT, env=environment({}), capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
